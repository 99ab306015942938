# Who may include whom. tests/layers_test.py reads this table and checks every #include under src/.
# A folder may always include itself; base is open to all.
set(GODWIT_LAYERS
  "base:"
  "data:base"
  "engine:base data"
  "mapping:base data"
  "engines/memory:base data engine"
  "engines/postgres:base data engine"
  "engines/mysql:base data engine"
  "engines:base data engine engines/memory engines/postgres engines/mysql"
  "task:base data engine mapping"
  "store:base"
  "http:base"
  "check:base data engine mapping task"
  "control:base data engine mapping task store check"
  "api:base http control"
  "app:base data engine engines mapping task check store http control api")

# Their files repeat each other's private names (operations, describe; select, read), as one shape for all: no batches.
set(GODWIT_ALIKE api store)

# One static library per folder: godwit_<folder with / as _>, linked to what its layer allows.
function(godwit_layer folder)
  string(REPLACE "/" "_" name "godwit_${folder}")
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${folder}/*.cpp")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}/src")
  godwit_warnings(${name})
  target_link_libraries(${name} PUBLIC fmt::fmt Threads::Threads ${ARGN})
  if(GODWIT_BATCHES AND NOT folder IN_LIST GODWIT_ALIKE)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
endfunction()
