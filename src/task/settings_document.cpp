#include "task/settings_document.h"

#include <array>

namespace godwit {
namespace {

using nlohmann::json;

constexpr std::string_view default_document = R"({
  "TargetMetadata": {
    "TargetSchema": "", "SupportLobs": true, "FullLobMode": true, "LobChunkSize": 64, "LimitedSizeLobMode": false,
    "LobMaxSize": 32, "InlineLobMaxSize": 0, "LoadMaxFileSize": 0, "ParallelLoadThreads": 0,
    "ParallelLoadBufferSize": 0, "ParallelLoadQueuesPerThread": 0, "ParallelApplyThreads": 0,
    "ParallelApplyBufferSize": 0, "ParallelApplyQueuesPerThread": 0,
    "BatchApplyEnabled": false, "TaskRecoveryTableEnabled": false
  },
  "FullLoadSettings": {
    "TargetTablePrepMode": "DO_NOTHING", "CreatePkAfterFullLoad": false, "StopTaskCachedChangesApplied": false,
    "StopTaskCachedChangesNotApplied": false, "MaxFullLoadSubTasks": 8, "TransactionConsistencyTimeout": 600,
    "CommitRate": 10000
  },
  "TTSettings": null,
  "Logging": {
    "EnableLogging": false, "EnableLogContext": false, "LogComponents": [],
    "CloudWatchLogGroup": null, "CloudWatchLogStream": null
  },
  "ControlTablesSettings": {
    "ControlSchema": "", "HistoryTimeslotInMinutes": 5, "historyTimeslotInMinutes": 5, "HistoryTableEnabled": false,
    "SuspendedTablesTableEnabled": false, "StatusTableEnabled": false, "FullLoadExceptionTableEnabled": false
  },
  "StreamBufferSettings": { "StreamBufferCount": 3, "StreamBufferSizeInMB": 8, "CtrlStreamBufferSizeInMB": 5 },
  "ChangeProcessingTuning": {
    "BatchApplyPreserveTransaction": true, "BatchApplyTimeoutMin": 1, "BatchApplyTimeoutMax": 30,
    "BatchApplyMemoryLimit": 500, "BatchSplitSize": 0, "MinTransactionSize": 1000, "CommitTimeout": 1,
    "MemoryLimitTotal": 1024, "MemoryKeepTime": 60, "StatementCacheSize": 50, "RecoveryTimeout": -1
  },
  "ChangeProcessingDdlHandlingPolicy": {
    "HandleSourceTableDropped": true, "HandleSourceTableTruncated": true, "HandleSourceTableAltered": true
  },
  "LoopbackPreventionSettings": null, "CharacterSetSettings": null, "BeforeImageSettings": null,
  "PostProcessingRules": null, "FailTaskWhenCleanTaskResourceFailed": false,
  "ErrorBehavior": {
    "DataErrorPolicy": "LOG_ERROR", "DataTruncationErrorPolicy": "LOG_ERROR", "DataMaskingErrorPolicy": "STOP_TASK",
    "DataErrorEscalationPolicy": "SUSPEND_TABLE", "DataErrorEscalationCount": 0, "EventErrorPolicy": "IGNORE",
    "TableErrorPolicy": "SUSPEND_TABLE", "TableErrorEscalationPolicy": "STOP_TASK", "TableErrorEscalationCount": 0,
    "RecoverableErrorCount": -1, "RecoverableErrorInterval": 5, "RecoverableErrorThrottling": true,
    "RecoverableErrorThrottlingMax": 1800, "RecoverableErrorStopRetryAfterThrottlingMax": true,
    "ApplyErrorDeletePolicy": "IGNORE_RECORD", "ApplyErrorInsertPolicy": "LOG_ERROR",
    "ApplyErrorUpdatePolicy": "LOG_ERROR", "ApplyErrorEscalationPolicy": "LOG_ERROR",
    "ApplyErrorEscalationCount": 0, "ApplyErrorFailOnTruncationDdl": false, "FullLoadIgnoreConflicts": true,
    "FailOnTransactionConsistencyBreached": false, "FailOnNoTablesCaptured": true
  },
  "ValidationSettings": {
    "EnableValidation": false, "ValidationMode": "ROW_LEVEL", "ThreadCount": 5, "PartitionSize": 10000,
    "FailureMaxCount": 10000, "TableFailureMaxCount": 1000, "RecordFailureDelayInMinutes": 5,
    "RecordFailureDelayLimitInMinutes": 0, "RecordSuspendDelayInMinutes": 30, "MaxKeyColumnSize": 8096,
    "HandleCollationDiff": false, "SkipLobColumns": false, "ValidationPartialLobSize": 0,
    "ValidationQueryCdcDelaySeconds": 0, "ValidationOnly": false
  },
  "ResyncSettings": null
})";

constexpr std::string_view godwit_section =
    R"({"MemoryMB": 128, "SpoolMB": 1000, "SliceMB": 64, "TargetIndexes": "keep", "SecondaryObjects": "all",
        "TypeMapping": "lossless", "ZeroDates": "null"})";

// The first 19 stand in the default document, in this order.
constexpr size_t default_components = 19;
constexpr std::array<std::string_view, 23> log_components = {"TRANSFORMATION",   "SOURCE_UNLOAD",  "IO",
                                                             "TARGET_LOAD",      "PERFORMANCE",    "SOURCE_CAPTURE",
                                                             "SORTER",           "REST_SERVER",    "VALIDATOR_EXT",
                                                             "TARGET_APPLY",     "TASK_MANAGER",   "TABLES_MANAGER",
                                                             "METADATA_MANAGER", "FILE_FACTORY",   "COMMON",
                                                             "ADDONS",           "DATA_STRUCTURE", "COMMUNICATION",
                                                             "FILE_TRANSFER",    "VALIDATOR",      "DATA_RESYNC",
                                                             "RESYNC_UNLOAD",    "RESYNC_APPLY"};

constexpr AllowedValue boolean{AllowedValue::Kind::boolean, 0, 0, ""};
constexpr AllowedValue any_text{AllowedValue::Kind::text, 0, 0, ""};
constexpr AllowedValue component_list{AllowedValue::Kind::log_components, 0, 0, ""};
constexpr AllowedValue integer(int64_t lowest, int64_t highest = INT32_MAX) {
  return {AllowedValue::Kind::integer, lowest, highest, ""};
}
constexpr AllowedValue one_of(std::string_view choices) {
  return {AllowedValue::Kind::choice, 0, 0, choices};
}
constexpr AllowedValue record_policy = one_of("IGNORE_RECORD|LOG_ERROR|SUSPEND_TABLE|STOP_TASK");

constexpr std::string_view relational = "without effect: it concerns targets that are not relational databases";
constexpr std::string_view budget = "without effect: Godwit.MemoryMB bounds all buffers, and a row of any size fits";
constexpr std::string_view window_cap =
    "caps a window of changes and never delays one; an idle stream commits at once";
constexpr std::string_view no_delay =
    "delays nothing: an idle stream commits at once, a backlog is applied in windows of whole transactions";
constexpr std::string_view memory_cap =
    "is at most a cap: Godwit.MemoryMB is the task's whole budget, set that to use more memory or less";
constexpr std::string_view no_validation = "without effect: data validation is not carried out by this version";

constexpr std::array rules = {
    // Of a task that is deleted (control/task_removal.h); the command line always names what is left.
    SettingsKey{"", "FailTaskWhenCleanTaskResourceFailed", boolean, ""},

    SettingsKey{"TargetMetadata", "TargetSchema", any_text, ""},
    SettingsKey{"TargetMetadata", "SupportLobs", boolean, ""},
    SettingsKey{"TargetMetadata", "FullLobMode", boolean, ""},
    SettingsKey{"TargetMetadata", "LobChunkSize", integer(0), ""},
    SettingsKey{"TargetMetadata", "LimitedSizeLobMode", boolean, ""},
    SettingsKey{"TargetMetadata", "LobMaxSize", integer(0, 102400), ""},
    SettingsKey{"TargetMetadata", "InlineLobMaxSize", integer(0, 102400), ""},
    SettingsKey{"TargetMetadata", "LoadMaxFileSize", integer(0, 100000),
                "without effect: rows are loaded without staging files"},
    SettingsKey{"TargetMetadata", "ParallelLoadThreads", integer(0, 200), relational},
    SettingsKey{"TargetMetadata", "ParallelLoadBufferSize", integer(0, 1000), relational},
    SettingsKey{"TargetMetadata", "ParallelLoadQueuesPerThread", integer(0), relational},
    SettingsKey{"TargetMetadata", "ParallelApplyThreads", integer(0), relational},
    SettingsKey{"TargetMetadata", "ParallelApplyBufferSize", integer(0, 1000), relational},
    SettingsKey{"TargetMetadata", "ParallelApplyQueuesPerThread", integer(0), relational},
    SettingsKey{
        "TargetMetadata", "BatchApplyEnabled", boolean,
        "does not choose the algorithm: a backlog is always applied in batches, an idle stream change by change"},
    SettingsKey{"TargetMetadata", "TaskRecoveryTableEnabled", boolean, ""},

    SettingsKey{"FullLoadSettings", "TargetTablePrepMode", one_of("DO_NOTHING|DROP_AND_CREATE|TRUNCATE_BEFORE_LOAD"),
                ""},
    SettingsKey{"FullLoadSettings", "CreatePkAfterFullLoad", boolean,
                "without effect: keys of tables that Godwit makes are always built after their rows"},
    SettingsKey{"FullLoadSettings", "StopTaskCachedChangesApplied", boolean, ""},
    SettingsKey{"FullLoadSettings", "StopTaskCachedChangesNotApplied", boolean, ""},
    SettingsKey{"FullLoadSettings", "MaxFullLoadSubTasks", integer(1, 49), ""},
    SettingsKey{
        "FullLoadSettings", "TransactionConsistencyTimeout", integer(0),
        "when it ends, the task stops with an error that names the open transactions; the load does not start "
        "without them"},
    SettingsKey{"FullLoadSettings", "CommitRate", integer(1, 50000),
                "does not cut commits: a slice of a table is committed at once, however many rows it has"},

    SettingsKey{"Logging", "EnableLogging", boolean, ""},
    SettingsKey{"Logging", "EnableLogContext", boolean, "without effect: lines carry no context in this version"},
    SettingsKey{"Logging", "LogComponents", component_list, ""},
    SettingsKey{"Logging", "DeleteTaskLogs", boolean, "without effect here: logs are deleted by modifying a task"},
    SettingsKey{"Logging", "CloudWatchLogGroup", any_text,
                "without effect: it is read-only and filled in by the server"},
    SettingsKey{"Logging", "CloudWatchLogStream", any_text,
                "without effect: it is read-only and filled in by the server"},

    SettingsKey{"ControlTablesSettings", "ControlSchema", any_text, ""},
    SettingsKey{"ControlTablesSettings", "HistoryTimeslotInMinutes", integer(1, 525600), ""},
    SettingsKey{"ControlTablesSettings", "historyTimeslotInMinutes", integer(1, 525600), ""},
    SettingsKey{"ControlTablesSettings", "HistoryTableEnabled", boolean, ""},
    SettingsKey{"ControlTablesSettings", "SuspendedTablesTableEnabled", boolean, ""},
    SettingsKey{"ControlTablesSettings", "StatusTableEnabled", boolean, ""},
    SettingsKey{"ControlTablesSettings", "FullLoadExceptionTableEnabled", boolean, ""},
    SettingsKey{"ControlTablesSettings", "CommitPositionTableEnabled", boolean,
                "without effect: no such table is kept"},

    SettingsKey{"StreamBufferSettings", "StreamBufferCount", integer(1), budget},
    SettingsKey{"StreamBufferSettings", "StreamBufferSizeInMB", integer(1), budget},
    SettingsKey{"StreamBufferSettings", "CtrlStreamBufferSizeInMB", integer(1, 8), budget},

    SettingsKey{"ChangeProcessingTuning", "BatchApplyPreserveTransaction", boolean,
                "without effect: source transactions are always applied whole"},
    SettingsKey{"ChangeProcessingTuning", "BatchApplyTimeoutMin", integer(0), no_delay},
    SettingsKey{"ChangeProcessingTuning", "BatchApplyTimeoutMax", integer(0), window_cap},
    SettingsKey{"ChangeProcessingTuning", "BatchApplyMemoryLimit", integer(1), memory_cap},
    SettingsKey{"ChangeProcessingTuning", "BatchSplitSize", integer(0), window_cap},
    SettingsKey{"ChangeProcessingTuning", "MinTransactionSize", integer(0), no_delay},
    SettingsKey{"ChangeProcessingTuning", "CommitTimeout", integer(0), no_delay},
    SettingsKey{"ChangeProcessingTuning", "MemoryLimitTotal", integer(1), memory_cap},
    SettingsKey{"ChangeProcessingTuning", "MemoryKeepTime", integer(0),
                "without effect: transactions go to disk by the memory they take, not by their age"},
    SettingsKey{"ChangeProcessingTuning", "StatementCacheSize", integer(0, 200),
                "without effect: statements are kept for as long as their table"},
    SettingsKey{"ChangeProcessingTuning", "RecoveryTimeout", integer(-1),
                "without effect: a checkpoint is found at once or the task says why not"},

    SettingsKey{"ChangeProcessingDdlHandlingPolicy", "HandleSourceTableDropped", boolean, ""},
    SettingsKey{"ChangeProcessingDdlHandlingPolicy", "HandleSourceTableTruncated", boolean, ""},
    SettingsKey{"ChangeProcessingDdlHandlingPolicy", "HandleSourceTableAltered", boolean, ""},

    SettingsKey{"ErrorBehavior", "DataErrorPolicy", record_policy, ""},
    SettingsKey{"ErrorBehavior", "DataTruncationErrorPolicy", record_policy, ""},
    SettingsKey{"ErrorBehavior", "DataMaskingErrorPolicy", record_policy, ""},
    SettingsKey{"ErrorBehavior", "DataErrorEscalationPolicy", one_of("SUSPEND_TABLE|STOP_TASK"), ""},
    SettingsKey{"ErrorBehavior", "DataErrorEscalationCount", integer(0), ""},
    SettingsKey{"ErrorBehavior", "EventErrorPolicy", one_of("IGNORE|STOP_TASK"),
                "without effect: no events are published"},
    SettingsKey{"ErrorBehavior", "TableErrorPolicy", one_of("SUSPEND_TABLE|STOP_TASK"), ""},
    SettingsKey{"ErrorBehavior", "TableErrorEscalationPolicy", one_of("STOP_TASK"), ""},
    SettingsKey{"ErrorBehavior", "TableErrorEscalationCount", integer(0), ""},
    SettingsKey{"ErrorBehavior", "RecoverableErrorCount", integer(-1), ""},
    SettingsKey{"ErrorBehavior", "RecoverableErrorInterval", integer(0), ""},
    SettingsKey{"ErrorBehavior", "RecoverableErrorThrottling", boolean, ""},
    SettingsKey{"ErrorBehavior", "RecoverableErrorThrottlingMax", integer(0), ""},
    SettingsKey{"ErrorBehavior", "RecoverableErrorStopRetryAfterThrottlingMax", boolean, ""},
    SettingsKey{"ErrorBehavior", "ApplyErrorDeletePolicy", record_policy, ""},
    SettingsKey{"ErrorBehavior", "ApplyErrorInsertPolicy",
                one_of("IGNORE_RECORD|LOG_ERROR|SUSPEND_TABLE|STOP_TASK|INSERT_RECORD"), ""},
    SettingsKey{"ErrorBehavior", "ApplyErrorUpdatePolicy",
                one_of("IGNORE_RECORD|LOG_ERROR|SUSPEND_TABLE|STOP_TASK|UPDATE_RECORD"), ""},
    SettingsKey{"ErrorBehavior", "ApplyErrorEscalationPolicy", one_of("LOG_ERROR|SUSPEND_TABLE|STOP_TASK"), ""},
    SettingsKey{"ErrorBehavior", "ApplyErrorEscalationCount", integer(0), ""},
    SettingsKey{"ErrorBehavior", "ApplyErrorFailOnTruncationDdl", boolean, ""},
    SettingsKey{"ErrorBehavior", "FullLoadIgnoreConflicts", boolean, ""},
    SettingsKey{"ErrorBehavior", "FailOnTransactionConsistencyBreached", boolean,
                "without effect: it concerns Oracle sources"},
    SettingsKey{"ErrorBehavior", "FailOnNoTablesCaptured", boolean, ""},

    SettingsKey{"ValidationSettings", "EnableValidation", boolean, no_validation},
    SettingsKey{"ValidationSettings", "ValidationMode", one_of("ROW_LEVEL|GROUP_LEVEL"), no_validation},
    SettingsKey{"ValidationSettings", "ThreadCount", integer(1), no_validation},
    SettingsKey{"ValidationSettings", "PartitionSize", integer(1), no_validation},
    SettingsKey{"ValidationSettings", "FailureMaxCount", integer(0), no_validation},
    SettingsKey{"ValidationSettings", "TableFailureMaxCount", integer(0), no_validation},
    SettingsKey{"ValidationSettings", "RecordFailureDelayInMinutes", integer(0), no_validation},
    SettingsKey{"ValidationSettings", "RecordFailureDelayLimitInMinutes", integer(0), no_validation},
    SettingsKey{"ValidationSettings", "RecordSuspendDelayInMinutes", integer(0), no_validation},
    SettingsKey{"ValidationSettings", "MaxKeyColumnSize", integer(1), no_validation},
    SettingsKey{"ValidationSettings", "HandleCollationDiff", boolean, no_validation},
    SettingsKey{"ValidationSettings", "SkipLobColumns", boolean, no_validation},
    SettingsKey{"ValidationSettings", "ValidationPartialLobSize", integer(0), no_validation},
    SettingsKey{"ValidationSettings", "ValidationQueryCdcDelaySeconds", integer(0), no_validation},
    SettingsKey{"ValidationSettings", "ValidationOnly", boolean, ""},

    SettingsKey{"Godwit", "MemoryMB", integer(64, 65536), ""},
    SettingsKey{"Godwit", "SpoolMB", integer(1, 10000000), ""},
    SettingsKey{"Godwit", "SliceMB", integer(1, 4096), ""},
    SettingsKey{"Godwit", "TargetIndexes", one_of("keep|rebuild"), ""},
    SettingsKey{"Godwit", "SecondaryObjects", one_of("all|none"), ""},
    SettingsKey{"Godwit", "TypeMapping", one_of("lossless|dms"), ""},
    SettingsKey{"Godwit", "ZeroDates", one_of("null|error|0001-01-01"), ""},
};

// Sections that are taken as they are sent, and what is missing when one is.
constexpr std::array opaque = {
    OpaqueSection{"TTSettings", "without effect: no time travel logs are written"},
    OpaqueSection{"LoopbackPreventionSettings", "without effect: it is switched off"},
    OpaqueSection{"CharacterSetSettings", "without effect: this version replaces no characters"},
    OpaqueSection{"BeforeImageSettings", "without effect: it concerns targets that are streams"},
    OpaqueSection{"PostProcessingRules", "without effect: it concerns targets that are object stores"},
    OpaqueSection{"ResyncSettings", "without effect: resync is not carried out by this version"},
};

}  // namespace

std::span<const SettingsKey> settings_keys() {
  return rules;
}
std::span<const OpaqueSection> opaque_settings_sections() {
  return opaque;
}
std::span<const std::string_view> known_log_components() {
  return log_components;
}

json default_settings_document() {
  json document = json::parse(default_document, nullptr, false);
  json& components = document["Logging"]["LogComponents"];
  for (size_t i = 0; i < default_components; ++i)
    components.push_back({{"Id", log_components[i]}, {"Severity", default_log_severity}});
  return document;
}

json default_godwit_settings() {
  return json::parse(godwit_section, nullptr, false);
}

}  // namespace godwit
