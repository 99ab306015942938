#pragma once
// For tests of logs and metrics: the rows of one instance, "pool" (dms.t3.medium, 50 GB), and of tasks on it.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "store/endpoints.h"
#include "store/instances.h"
#include "store/subnet_groups.h"
#include "store/tasks.h"

namespace godwit {

inline void put_pool(Database& database) {
  SubnetGroupRecord group;
  group.identifier = "g";
  ASSERT_TRUE(insert_subnet_group(database, group));
  InstanceRecord instance;
  instance.id = "I";
  instance.identifier = "pool";
  instance.instance_class = "dms.t3.medium";
  instance.allocated_storage_gb = 50;
  instance.subnet_group = "g";
  ASSERT_TRUE(insert_instance(database, instance));
  for (const char* end : {"S", "D"}) {
    EndpointRecord endpoint;
    endpoint.id = endpoint.identifier = end;
    ASSERT_TRUE(insert_endpoint(database, endpoint));
  }
}

// "running", of identifier name-<id>.
inline void put_pool_task(Database& database, const std::string& id, bool publishes_log = true) {
  StoredTask task;
  task.id = id;
  task.identifier = "name-" + id;
  task.source_endpoint_id = "S";
  task.target_endpoint_id = "D";
  task.instance_id = "I";
  task.status = "running";
  task.run = 1;
  task.settings = fmt::format(R"({{"Logging":{{"EnableLogging":{}}}}})", publishes_log);
  ASSERT_TRUE(insert_task(database, task));
}

}  // namespace godwit
