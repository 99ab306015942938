#pragma once
// Which member of the family a server is, and what follows from it. Versions that no test runs are named in
// docs/engines/mysql.md.

#include <string>
#include <string_view>

namespace godwit::mysql {

struct ServerTraits {
  bool mariadb = false;
  int version = 0;  // 80015 for 8.0.15, 101119 for 10.11.19

  bool at_least(int mysql_version, int mariadb_version) const {
    return version >= (mariadb ? mariadb_version : mysql_version);
  }
  // The binlog is followed by sets of GTIDs. MySQL has to be configured so (gtid_mode=ON); MariaDB always has them.
  bool has_gtids = false;
  // XA PREPARE writes the transaction to the log, and XA COMMIT no more than that it is committed. Older servers
  // write all of it when it is committed, as they do with others.
  bool logs_prepared() const { return at_least(50707, 100500); }
  // Whoever prepared it is gone, the server was started anew: what a prepared transaction changed can still be
  // neither renamed nor dropped before its end. (Tried with just these versions; 5.7 lets it.)
  bool prepared_holds_tables() const { return at_least(80015, 101100); }
  // SHOW BINARY LOG STATUS in the place of SHOW MASTER STATUS.
  bool says_replica() const { return !mariadb && version >= 80200; }
};

// Of the text that SELECT VERSION() gives: "8.0.15", "10.11.19-MariaDB-0+deb12u1-log", "5.7.22-log".
ServerTraits traits_of_version(std::string_view version);

}  // namespace godwit::mysql
