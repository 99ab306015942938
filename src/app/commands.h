#pragma once
// The programs behind the command line; each answers the exit status of design §5.

#include "app/options.h"
#include "app/server_options.h"

namespace godwit {

struct AccessKeyWithSecret;

int migrate(const MigrateArguments& arguments);
int drop(const DropArguments& arguments);
int serve(const ServeArguments& arguments);
int keys_create(const KeysArguments& arguments);
int keys_list(const KeysArguments& arguments);
int keys_revoke(const KeysArguments& arguments);

// On stdout, with its secret: for a person, once.
void print_new_key(const AccessKeyWithSecret& made);
int run_worker(const RunArguments& arguments);
int check(const CheckArguments& arguments);

}  // namespace godwit
