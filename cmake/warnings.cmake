# Warnings every target of ours is built with; each is an error.
function(godwit_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Werror
    -Wconversion -Wsign-conversion  # lengths and offsets decide where bytes go
    -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wcast-align
    -Wnull-dereference -Wimplicit-fallthrough -Wformat=2 -Wundef)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wduplicated-cond -Wlogical-op
      -Wno-maybe-uninitialized  # g++-12 reports it inside std::expected and std::optional
      -Wno-null-dereference     # g++-12 reports it through inlined standard containers
      -Wno-restrict)            # g++-12 reports it in std::string concatenation (its bug 105651)
  else()
    # libstdc++ 12 calls its own deprecated get_temporary_buffer in std::ranges::stable_sort.
    target_compile_options(${target} PRIVATE -Wno-deprecated-declarations)
  endif()
endfunction()
