# Puts a file into the binary as an array of bytes: `symbol` becomes `const std::string_view symbol` of namespace godwit.
# The file's changes rebuild the array, no more.
function(godwit_embed target file symbol)
  set(source "${PROJECT_SOURCE_DIR}/src/${file}")
  set(generated "${PROJECT_BINARY_DIR}/embedded/${symbol}.cpp")
  add_custom_command(OUTPUT "${generated}"
    COMMAND "${CMAKE_COMMAND}" -DSOURCE=${source} -DGENERATED=${generated} -DSYMBOL=${symbol}
            -P "${PROJECT_SOURCE_DIR}/cmake/embed_file.cmake"
    DEPENDS "${source}" "${PROJECT_SOURCE_DIR}/cmake/embed_file.cmake"
    COMMENT "Embedding ${file}" VERBATIM)
  target_sources(${target} PRIVATE "${generated}")
endfunction()
