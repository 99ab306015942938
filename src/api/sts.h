#pragma once
// STS GetCallerIdentity (spec/api.md §2), which Terraform and many scripts call before anything else to learn the
// account: the query protocol, version 2011-06-15, answers in XML. Other STS calls are InvalidAction.

#include "api/facade.h"

namespace godwit {

Facade sts_facade();

}  // namespace godwit
