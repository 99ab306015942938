#pragma once
// GET /metrics for Prometheus (spec/monitoring.md §5.4): the figures of tasks, of the node per replication instance,
// and of this server. Text format 0.0.4, or OpenMetrics where the Accept header asks for it.
//
// Access: anybody on a loopback listener. Elsewhere an access key of any role, by HTTP Basic with its id as user name
// and its secret as password, since Prometheus cannot sign (scrape_config: basic_auth), or by a signature for any of
// the services; beyond loopback only TLS keeps that secret.
//
// ?tables=true adds the figures of each table, which are many lines for many tables.

#include "api/facade.h"

namespace godwit {

Facade prometheus_facade();

}  // namespace godwit
