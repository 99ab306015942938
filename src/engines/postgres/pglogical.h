#pragma once
// Decodes the native protocol of pglogical's output plugin, version 1 (spec/engine-postgresql.md §7). Its Relation
// messages tell no types: those are asked of the catalog, as it is when the message is read. A TRUNCATE comes as a
// row of the extension's queue table.

#include <unordered_map>

#include "engines/postgres/stream_decoder.h"

namespace godwit::postgres {

class PglogicalDecoder : public StreamDecoder {
 public:
  PglogicalDecoder(std::span<const CapturedTable> tables, const DecoderServices& services,
                   std::optional<AuditTable> audit = {});
  Result<void> decode(std::string_view message, Lsn at, ChangeBatch& batch) override;
  void stream_restarts() override;

 private:
  // Which columns of the queue table tell what, where it has been met.
  struct Queue {
    uint32_t oid = 0;
    size_t columns = 0, type = 0, message = 0;
  };

  Result<void> startup(ByteReader& in);
  Result<void> begin(ByteReader& in);
  Result<void> commit(ByteReader& in, ChangeBatch& batch);
  Result<void> relation(ByteReader& in);
  Result<void> meet_queue(uint32_t oid, std::span<const SentColumn> columns);
  Result<void> add_types(uint32_t oid, std::vector<SentColumn>& columns);
  Result<uint32_t> relation_number(ByteReader& in);
  Result<const Relation*> find(uint32_t oid) const;
  Result<void> insert(ByteReader& in, ChangeBatch& batch);
  Result<void> update(ByteReader& in, ChangeBatch& batch);
  Result<void> erase(ByteReader& in, ChangeBatch& batch);
  Result<void> queued(ByteReader& in, ChangeBatch& batch);
  Result<void> truncate(std::string_view message, ChangeBatch& batch);
  // One value of a tuple; kind 'n' and 'u' have no bytes.
  Result<void> value(ByteReader& in, char& kind, std::string_view& bytes) const;
  Result<uint32_t> tuple(ByteReader& in, const Relation& relation, ChangeBatch& batch, bool key_only);
  Result<void> skip_tuple(ByteReader& in) const;

  // Missing where structure changes are told in the log: the catalog may be ahead of them.
  std::function<Result<std::optional<RelationNow>>(uint32_t oid)> look_up_;
  std::unordered_map<uint32_t, Relation> relations_;
  std::optional<Queue> queue_;
};

}  // namespace godwit::postgres
