#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "app/commands.h"

namespace {

// CLI11's own words for an environment: GODWIT_SOURCE and GODWIT_TARGET keep passwords off the command line.
void add_ends(CLI::App& command, std::string& source, std::string& target) {
  command
      .add_option("--source", source,
                  "source URI, e.g. postgresql://user:password@host:5432/database?sslmode=require")
      ->required()
      ->envname("GODWIT_SOURCE");
  command.add_option("--target", target, "target URI")->required()->envname("GODWIT_TARGET");
}

void add_migrate(CLI::App& app, godwit::MigrateArguments& arguments, int& exit_status) {
  CLI::App* command = app.add_subcommand("migrate", "Copy a database and follow its changes");
  add_ends(*command, arguments.source, arguments.target);
  command->add_option("--type", arguments.type, "full-load, full-load-and-cdc or cdc")->capture_default_str();
  command->add_option("--table-mappings", arguments.mappings,
                      "table mappings: a file or a JSON text (default: every user table)");
  command->add_option("--task-settings", arguments.settings, "task settings: a file or a JSON text");
  command->add_option("--task-id", arguments.task_id, "name of the task; run again under it, it resumes")
      ->capture_default_str();
  command->add_option("--cdc-start-position", arguments.start_position,
                      "with --type cdc: log position to start from, or a time (UTC) where the source can find it");
  command->add_option("--cdc-stop-position", arguments.stop_position,
                      "caught-up, position:<native>, server_time:<UTC> or commit_time:<UTC>");
  command->add_flag("--restart", arguments.restart, "forget the checkpoint and load everything anew");
  command->add_flag("--finish", arguments.finish, "after a clean caught-up, remove slot, publications and record");
  command->add_option("--state-dir", arguments.state_dir, "folder for log and spool");
  command->add_option("--output", arguments.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->footer(
      "Example:\n  godwit migrate --source postgresql://app@old/shop --target postgresql://app@new/shop "
      "--cdc-stop-position caught-up\n\nExit status: 0 done or stopped cleanly, 1 failed, 2 usage, 3 done with "
      "tables in "
      "error or rows parked.");
  command->callback([&arguments, &exit_status] { exit_status = godwit::migrate(arguments); });
}

void add_drop(CLI::App& app, godwit::DropArguments& arguments, int& exit_status) {
  CLI::App* command = app.add_subcommand("drop", "Remove a task's slot, publications and record");
  add_ends(*command, arguments.source, arguments.target);
  command->add_option("--task-id", arguments.task_id, "name of the task")->capture_default_str();
  command->add_option("--control-schema", arguments.control_schema, "the task's ControlSchema, where it has one");
  command->add_flag("--force", arguments.force, "remove the slot even if the target holds no record of the task");
  command->footer(
      "Example:\n  godwit drop --task-id shop --source postgresql://app@old/shop --target postgresql://app@new/shop");
  command->callback([&arguments, &exit_status] { exit_status = godwit::drop(arguments); });
}

void add_data_dir(CLI::App& command, std::string& data_dir, std::string& store) {
  command.add_option("--data-dir", data_dir,
                     "folder of the store, the master key and the logs (default: $XDG_DATA_HOME/godwit or "
                     "~/.local/share/godwit)");
  command.add_option("--store", store, "sqlite:PATH (default: godwit.db in the data folder)");
}

void add_serve(CLI::App& app, godwit::ServeArguments& arguments, int& exit_status) {
  CLI::App* command = app.add_subcommand("serve", "Answer the DMS API: for the AWS CLI, SDKs and Terraform");
  command->add_option("--listen", arguments.listen, "HOST:PORT, [IPv6]:PORT, :PORT for every address; port 0: any")
      ->capture_default_str();
  add_data_dir(*command, arguments.data_dir, arguments.store);
  command->add_option("--region", arguments.region, "region of the ARNs, fixed at the first start (us-east-1)");
  command->add_option("--account", arguments.account, "account id of the ARNs, 12 digits, fixed at the first start");
  command->add_option("--auth", arguments.auth, "sigv4, or none: everybody may do everything; on loopback alone")
      ->check(CLI::IsMember({"sigv4", "none"}))
      ->capture_default_str();
  command->add_option("--tls-cert", arguments.tls_cert, "certificate chain (PEM), for https");
  command->add_option("--tls-key", arguments.tls_key, "its key (PEM, not encrypted)");
  command->add_flag("--allow-plain", arguments.allow_plain, "plain http beyond loopback, as behind a proxy for TLS");
  command->add_option("--secret-dir", arguments.secret_dir,
                      "folder of the files that endpoints name by SecretsManagerSecretId");
  command->add_option(
      "--sinks", arguments.sinks,
      "where events of topics that are no URL go: a JSON file of topic ARN to webhook, file, syslog or "
      "email");
  command->add_flag("--lenient-max-records", arguments.lenient_max_records, "take MaxRecords from 1 on, not from 20");
  command->add_option("--ready-fd", arguments.ready_fd,
                      "descriptor that gets the address as a line once the server listens");
  command->footer(
      "Example:\n  godwit serve --data-dir /var/lib/godwit\n  aws dms describe-endpoints --endpoint-url "
      "http://127.0.0.1:8470\n\nSIGTERM and SIGINT let requests under way end; workers of running tasks go on, and "
      "the next start finds them.");
  command->callback([&arguments, &exit_status] { exit_status = godwit::serve(arguments); });
}

void add_keys(CLI::App& app, godwit::KeysArguments& arguments, int& exit_status) {
  CLI::App* command = app.add_subcommand("keys", "Make, list and revoke access keys, also while the server runs");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* about, int (*program)(const godwit::KeysArguments&)) {
    CLI::App* one = command->add_subcommand(name, about);
    add_data_dir(*one, arguments.data_dir, arguments.store);
    one->callback([&arguments, &exit_status, program] { exit_status = program(arguments); });
    return one;
  };
  const auto add_output = [&](CLI::App& one) {
    one.add_option("--output", arguments.output, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
  };
  CLI::App* create = add("create", "Make a key and show its secret, once", godwit::keys_create);
  create
      ->add_option("--role", arguments.role,
                   "viewer reads; operator also runs tasks, endpoints and tests; admin does everything")
      ->check(CLI::IsMember({"admin", "operator", "viewer"}))
      ->capture_default_str();
  create->add_option("--name", arguments.name, "user name, part of the caller's ARN (default: the role)");
  add_output(*create);
  create->footer("Example:\n  godwit keys create --role viewer --name dashboard --data-dir /var/lib/godwit");
  add_output(*add("list", "Show all keys, without secrets", godwit::keys_list));
  CLI::App* revoke = add("revoke", "Refuse a key from now on", godwit::keys_revoke);
  revoke->add_option("id", arguments.id, "access key id")->required();
  revoke->footer("Example:\n  godwit keys revoke GKIAEXAMPLEEXAMPLE23");
}

void add_run(CLI::App& app, godwit::RunArguments& arguments, int& exit_status) {
  CLI::App* command = app.add_subcommand("run", "One task's worker process; `godwit serve` starts it");
  command
      ->add_option("--job", arguments.job,
                   "descriptor on which the job stands, as JSON with its secrets; - for standard input")
      ->required();
  command->add_option("--socket", arguments.socket, "the server's socket for its workers; without it nobody is told");
  command->footer(
      "Example:\n  godwit run --job 3 --socket /var/lib/godwit/workers.sock 3<job.json\n\nIt goes on while the "
      "server is away. SIGTERM puts the task down where it stands, to be taken up again.");
  command->callback([&arguments, &exit_status] { exit_status = godwit::run_worker(arguments); });
}

void add_check(CLI::App& app, godwit::CheckArguments& arguments, int& exit_status) {
  CLI::App* command = app.add_subcommand("check", "Assess a migration before it starts; nothing is written anywhere");
  add_ends(*command, arguments.source, arguments.target);
  command->add_option("--type", arguments.type, "full-load, full-load-and-cdc or cdc")->capture_default_str();
  command->add_option("--table-mappings", arguments.mappings,
                      "table mappings: a file or a JSON text (default: every user table)");
  command->add_option("--task-settings", arguments.settings, "task settings: a file or a JSON text");
  command->add_option("--task-id", arguments.task_id, "name of the task that is to start")->capture_default_str();
  command->add_option("--cdc-start-position", arguments.start_position, "with --type cdc: where it is to start");
  auto* include =
      command->add_option("--include", arguments.include, "these assessments alone: NAME,…")->delimiter(',');
  command->add_option("--exclude", arguments.exclude, "all assessments but these: NAME,…")
      ->delimiter(',')
      ->excludes(include);
  command->add_flag("--list", arguments.list, "show the assessments there are for these ends, and run none");
  command->add_option("--output", arguments.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->footer(
      "Example:\n  godwit check --source postgresql://app@old/shop --target postgresql://app@new/shop "
      "--task-settings settings.json\n  godwit check --source mysql:// --target postgresql:// --list\n\nExit status: "
      "0 all passed, perhaps with warnings, 1 could not be run, 2 usage, 3 something failed.");
  command->callback([&arguments, &exit_status] { exit_status = godwit::check(arguments); });
}

int run(int argc, char** argv) {
  CLI::App app("Godwit moves databases without stopping them.", "godwit");
  app.set_version_flag("--version", std::string("godwit ") + GODWIT_VERSION);
  app.require_subcommand(1);
  godwit::MigrateArguments migrate_arguments;
  godwit::DropArguments drop_arguments;
  godwit::ServeArguments serve_arguments;
  godwit::KeysArguments keys_arguments;
  godwit::RunArguments run_arguments;
  godwit::CheckArguments check_arguments;
  int exit_status = 0;
  add_migrate(app, migrate_arguments, exit_status);
  add_check(app, check_arguments, exit_status);
  add_drop(app, drop_arguments, exit_status);
  add_serve(app, serve_arguments, exit_status);
  add_keys(app, keys_arguments, exit_status);
  add_run(app, run_arguments, exit_status);
  try {  // CLI11 reports usage by exception
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exit_status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {  // memory ran out, most likely: failures of ours are values
    std::fprintf(stderr, "godwit: %s. The task goes on where it stands when it is run again.\n", error.what());
    return 1;
  }
}
