#pragma once
// Asks the two ends for the facts that assessments name, each group once. A group that could not be had gives its
// error again to whoever needs it. All sessions are read-only ones. One thread.

#include <map>
#include <memory>
#include <stop_token>

#include "check/assess.h"
#include "check/facts.h"
#include "task/interrupter.h"

namespace godwit {

class Gatherer {
 public:
  Gatherer(const AssessmentRequest& request, const std::stop_token& stop);

  // An error: the ends cannot be reached, or are of versions that Godwit does not speak to.
  Result<void> open();
  bool has_source() const { return source_ != nullptr; }
  // Brings in what is not there yet. An error of kind stopped: somebody asked for the end.
  Result<void> bring(unsigned needs);
  const TaskFacts& facts() const { return facts_; }

 private:
  Result<void> once(unsigned group, Result<void> (Gatherer::*step)());
  Result<void> servers();
  Result<void> plan();
  Result<void> source_tables();
  Result<void> target_tables();
  Result<void> describe_where_computed();
  Result<void> start_findings();
  Result<void> sizes();
  Result<void> sequences();
  Result<void> large_objects();
  Result<void> add_table(TableDef definition);
  void note_unsupported(const TableDef& definition);
  std::vector<TargetTable> plans() const;
  std::vector<TableDef> definitions() const;

  const AssessmentRequest& request_;
  const std::stop_token stop_;
  TaskFacts facts_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Target> target_;
  ServerIdentity target_identity_;
  Interrupter interrupter_;
  std::map<unsigned, Result<void>> done_;
};

}  // namespace godwit
