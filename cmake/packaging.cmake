# `cmake --install` puts the program where packages have it; `./dev package` makes the Debian package with CPack: program, unit, options file, completion, manual page, and a system user.
include(GNUInstallDirs)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # a package needs the program, not the tests

install(TARGETS godwit RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES packaging/godwit.service DESTINATION lib/systemd/system)
install(FILES packaging/godwit.default DESTINATION /etc/default RENAME godwit)
install(FILES packaging/godwit.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME godwit)
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(CODE "execute_process(COMMAND \"${Python3_EXECUTABLE}\" \"${PROJECT_SOURCE_DIR}/packaging/manual_page.py\"
  \"$<TARGET_FILE:godwit>\" OUTPUT_FILE \"${PROJECT_BINARY_DIR}/godwit.1\" COMMAND_ERROR_IS_FATAL ANY)")
install(FILES "${PROJECT_BINARY_DIR}/godwit.1" DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME godwit)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "Godwit <godwit@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Moves databases without stopping them; a self-hosted AWS DMS")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  "${PROJECT_SOURCE_DIR}/packaging/debian/postinst;${PROJECT_SOURCE_DIR}/packaging/debian/prerm;${PROJECT_SOURCE_DIR}/packaging/debian/postrm;${PROJECT_SOURCE_DIR}/packaging/debian/conffiles")
include(CPack)
