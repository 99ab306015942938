#pragma once
// How an instance takes on other values, now or in its maintenance window, and how the tasks on it live through that.
// For control/instances.cpp.

#include <string>
#include <string_view>
#include <vector>

#include "control/environment.h"
#include "control/events.h"
#include "store/instances.h"

namespace godwit {

struct InstanceEvent {
  int number;
  std::string_view category, message;
};

Result<void> note_instance_events(Environment& environment, const InstanceRecord& instance,
                                  const std::vector<InstanceEvent>& events);

// Each value by the rules of spec/api.md §6.1; for a change: against what the instance is.
Result<void> check_instance_class(std::string_view name);
Result<void> check_storage(int64_t gb);
Result<void> check_engine_version(std::string_view version);
Result<void> check_network_type(std::string_view type);
Result<void> check_dns_name_servers(std::string_view servers);

// What is to be recycled for, once the transaction is over; no done events and not recycle: nothing.
struct AppliedValues {
  bool recycles = false;               // the tasks are to be put down and resumed
  std::vector<InstanceEvent> started;  // told with the change
  std::vector<InstanceEvent> done;     // told when the instance is available again
};

// Puts the values into the record, but for its status.
AppliedValues apply_values(const Environment& environment, InstanceRecord& instance,
                           const PendingInstanceValues& values);
// "upgrading" when the values hold another engine version, else "modifying".
std::string_view transition_of(const PendingInstanceValues& values);

// After the transaction that put the instance into a transitional status: recycles its tasks, then makes it
// `available` and tells `done`.
void recycle_then_settle(Environment& environment, const std::string& instance_id, std::vector<InstanceEvent> done);

}  // namespace godwit
