#pragma once
// TestConnection: whether an endpoint can be used from a replication instance (spec/endpoints.md §6). The test runs
// in the background; its record says "testing" from the call on, then "successful" or "failed" with the reason. A
// task starts only on pairs whose record is "successful".

#include <optional>
#include <string>
#include <vector>

#include "control/environment.h"
#include "store/connections.h"

namespace godwit {

// A connection as replies show it.
struct ShownConnection {
  ConnectionRecord record;
  std::string endpoint_arn, endpoint_identifier, instance_arn, instance_identifier;
};

// Refused while a test that a caller asked for is under way. One that a change of the endpoint began is superseded.
Result<ShownConnection> test_connection(Environment& environment, const std::string& instance_arn,
                                        const std::string& endpoint_arn);
// Removes the record. Answers it with the status "deleting".
Result<ShownConnection> remove_connection(Environment& environment, const std::string& instance_arn,
                                          const std::string& endpoint_arn);
Result<std::vector<ShownConnection>> connections_of(Environment& environment, const ConnectionChoice& choice,
                                                    const ListPage& page);

// InvalidResourceStateFault unless the latest test of the pair was successful; of resource ids.
Result<void> require_tested(Environment& environment, const std::string& instance_id, const std::string& endpoint_id);

// For an endpoint that is modified: inside the transaction all its connections become "testing", after it the tests
// are run.
Result<std::vector<ConnectionRecord>> begin_tests_again(Environment& environment, const std::string& endpoint_id);
void run_tests(Environment& environment, const std::vector<ConnectionRecord>& attempts);
// Tests that a server which is gone had under way; once, at the server's start.
Result<void> take_up_connection_tests(Environment& environment);

// "Test Endpoint failed: Application-Status: …", DMS's form for what a driver said.
std::string failure_text(const Error& error);

}  // namespace godwit
