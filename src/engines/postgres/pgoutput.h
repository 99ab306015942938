#pragma once
// Decodes the messages of the pgoutput plugin, protocol version 1 (spec/engine-postgresql.md §5.3). A stream opened
// with the option `binary` is read too; the texts of values that are not simple are asked of `texts`.

#include <unordered_map>

#include "engines/postgres/stream_decoder.h"

namespace godwit::postgres {

class PgoutputDecoder : public StreamDecoder {
 public:
  using StreamDecoder::StreamDecoder;
  Result<void> decode(std::string_view message, Lsn at, ChangeBatch& batch) override;
  void stream_restarts() override;

 private:
  Result<void> begin(ByteReader& in);
  Result<void> commit(ByteReader& in, ChangeBatch& batch);
  Result<void> relation(ByteReader& in);
  Result<void> insert(ByteReader& in, ChangeBatch& batch);
  Result<void> update(ByteReader& in, ChangeBatch& batch);
  Result<void> erase(ByteReader& in, ChangeBatch& batch);
  Result<void> truncate(ByteReader& in, ChangeBatch& batch);
  Result<const Relation*> find(ByteReader& in);
  Result<uint32_t> tuple(ByteReader& in, const Relation& relation, ChangeBatch& batch, bool key_only);
  Result<void> skip_tuple(ByteReader& in);

  std::unordered_map<uint32_t, Relation> relations_;
};

}  // namespace godwit::postgres
