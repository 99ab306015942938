#pragma once
// Changes in log order, by runs of as many as go at once.

#include <span>

#include "engine/target.h"

namespace godwit {

// `run` applies some from the front of what is left, at least one, and answers a Result<ChangeWriter::Progress> of
// them. Ends with the first change that is not applied, as ChangeWriter::apply_in_order().
template <class Run>
Result<ChangeWriter::Progress> apply_runs(std::span<const ChangeView> changes, const Run& run) {
  ChangeWriter::Progress total;
  while (total.done < changes.size()) {
    const ChangeWriter::Progress part = TRY(run(changes.subspan(total.done)));
    total.done += part.done;
    total.stopped_at = part.stopped_at;
    if (part.stopped_at.kind != ChangeOutcome::Kind::applied) return total;
  }
  return total;
}

}  // namespace godwit
