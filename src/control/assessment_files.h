#pragma once
// Where results of assessments are put. A bucket is a folder of the server, assessments/<bucket>/ in its data folder:
//
//   <data folder>/assessments/<ResultLocationBucket>/<ResultLocationFolder>/<AssessmentRunName>/summary.json
//                                                                        and <assessment>.json for each
//   <data folder>/assessments/<bucket of data type reports>/<AssessmentResultsFile>
//
// A caller names buckets and no paths, so that no key of the API writes anywhere else; whoever runs the server makes
// assessments/<bucket> a link to have results elsewhere. Files are whole at any time and hold names and statements,
// no row values; they stay when a run is deleted, and another run in the same place takes the place of them all.

#include <string>
#include <string_view>

#include "control/environment.h"

namespace godwit {

Result<void> check_result_bucket(std::string_view bucket);
// Answers it without slashes at its ends.
Result<std::string> read_result_folder(std::string_view folder);
Result<void> check_run_name(std::string_view name);

std::string results_folder(const Environment& environment, std::string_view bucket, std::string_view folder,
                           std::string_view run_name);
// Errors are S3AccessDeniedFault.
Result<void> make_results_folder(const std::string& path);
// Files of an earlier run in this place, and no others.
void clear_results(const std::string& path);
Result<void> write_result(const std::string& path, std::string_view file, std::string_view text);

}  // namespace godwit
