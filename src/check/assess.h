#pragma once
// Runs premigration assessments over two ends. Nothing is written on either: the servers themselves refuse it in the
// sessions that are used. Each end is asked by one session, of the calling thread; a stop ends within some seconds
// what a server is busy with.

#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "check/assessment.h"
#include "engine/engine.h"

namespace godwit {

struct AssessmentRequest {
  Engine* source_engine = nullptr;
  Engine* target_engine = nullptr;
  Endpoint source, target;
  Family source_family = Family::other, target_family = Family::other;
  TaskType type = TaskType::full_load_and_cdc;
  MappingRules rules;
  TaskSettings settings;
  bool preparation_named = false;                  // TaskOptions::preparation_named
  std::string task_id = "godwit";                  // whose slot, if it is there already, takes no further one
  std::string start_position;                      // of a task without a load
  std::vector<std::string> include_only, exclude;  // names; one of the two at most
};

class AssessmentListener {
 public:
  virtual ~AssessmentListener() = default;
  // On the calling thread. `place` counts from 0, of() in all.
  virtual void begins(const std::string& name, size_t place, size_t of) = 0;
  virtual void ends(const AssessmentResult& result) = 0;
};

// The names that the request asks for, in the order in which they are run. Errors of kind usage: an unknown name, one
// that does not apply to these ends, both lists, nothing left.
Result<std::vector<std::string>> select_assessments(const AssessmentRequest& request);

// An error: of kind usage as above; or an end cannot be reached, and nothing was assessed. (Of a version that Godwit
// does not speak to, the assessment of the version fails, where it is asked for.) A fact that cannot be had
// later is the result `error` of the assessments that need it. After a stop the one that runs and those behind it are
// `cancelled`.
Result<AssessmentReport> assess(const AssessmentRequest& request, AssessmentListener& listener,
                                const std::stop_token& stop);

}  // namespace godwit
