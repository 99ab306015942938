# GODWIT_SANITIZE=address | thread | fuzzer applies to every target, ours and the tests alike.
if(GODWIT_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
elseif(GODWIT_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)  # TSan knows no bare fences; Asio's mutexes order the same
  add_link_options(-fsanitize=thread)
elseif(GODWIT_SANITIZE STREQUAL "fuzzer")
  add_compile_options(-fsanitize=address,undefined,fuzzer-no-link -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(NOT GODWIT_SANITIZE STREQUAL "")
  message(FATAL_ERROR "GODWIT_SANITIZE must be address, thread, fuzzer or empty, not '${GODWIT_SANITIZE}'")
endif()
