#pragma once
// Follows a memory database's log from a slot.

#include "engine/source.h"
#include "engines/memory/state.h"

namespace godwit::memory {

class MemoryChangeReader : public ChangeReader {
 public:
  // `after`: the first commit position to deliver, already no less than what the slot has released.
  MemoryChangeReader(State& state, std::shared_ptr<Session> session, std::string slot, uint64_t after,
                     std::span<const CapturedTable> tables);
  Result<void> read(ChangeBatch& batch, int wait_ms, std::stop_token stop) override;
  void release_until(const Position& durable) override;
  Result<void> keep_alive() override;

 private:
  struct Table {
    CapturedTable captured;
    std::shared_ptr<const TableDef> seen;  // the structure of its last change
    std::vector<uint32_t> columns;         // of the layout, in `seen`
    bool closed = false;                   // its structure does not fit any more
  };
  struct Place {
    uint32_t table = 0, leaf = Change::no_row;
  };

  Result<Slot*> usable_slot();
  void prepare(ChangeBatch& batch) const;
  bool is_full(const ChangeBatch& batch) const;
  void deliver(const LoggedTransaction& transaction, ChangeBatch& batch);
  void add_change(const LoggedTransaction& transaction, const LoggedChange& change, const Place& place,
                  ChangeBatch& batch);
  bool fits(const LoggedTransaction& transaction, const LoggedChange& change, uint32_t table, ChangeBatch& batch);
  void end_part(const LoggedTransaction& transaction, size_t first, bool complete, ChangeBatch& batch);

  State& state_;
  std::shared_ptr<Session> session_;
  std::string slot_;
  std::vector<Table> tables_;
  std::map<TableRef, Place> places_;
  uint64_t after_;
  size_t next_transaction_ = 0;  // of the log
  size_t next_change_ = 0;       // of that transaction
  bool part_sent_ = false;       // something of that transaction has been delivered
  uint64_t told_ = 0;            // the position last answered as read_to at the end of the log
};

}  // namespace godwit::memory
