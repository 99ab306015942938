#pragma once
// A growing run of bytes that is never zero-filled: the arena of a RowBatch and the working buffer of every encoder.
// Not thread-safe. Pointers into it are invalidated by the next append.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace godwit {

class ByteBuffer {
 public:
  ByteBuffer() = default;
  ~ByteBuffer() { std::free(data_); }
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;
  ByteBuffer(ByteBuffer&& other) noexcept { swap(other); }
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    ByteBuffer moved(std::move(other));
    swap(moved);
    return *this;
  }

  const char* data() const { return data_; }
  char* data() { return data_; }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {data_, size_}; }
  std::string_view view(size_t offset, size_t length) const { return {data_ + offset, length}; }

  void clear() { size_ = 0; }
  // Drops what was appended after `size`, for rows that turn out to be unfinished.
  void truncate(size_t size) { size_ = size; }

  void reserve(size_t wanted) {
    if (wanted > capacity_) grow(wanted);
  }
  void append(const void* bytes, size_t count) {
    if (count == 0) return;
    reserve(size_ + count);
    std::memcpy(data_ + size_, bytes, count);
    size_ += count;
  }
  void append(std::string_view bytes) { append(bytes.data(), bytes.size()); }
  void push_back(char byte) {
    if (size_ == capacity_) grow(size_ + 1);
    data_[size_++] = byte;
  }
  // Room for `count` bytes at the end, to be filled by the caller; follow with advance().
  char* tail(size_t count) {
    reserve(size_ + count);
    return data_ + size_;
  }
  void advance(size_t count) { size_ += count; }

 private:
  void grow(size_t wanted) {
    size_t capacity = capacity_ < 256 ? 256 : capacity_ + capacity_ / 2;
    capacity = std::max(capacity, wanted);
    void* grown = std::realloc(data_, capacity);
    if (grown == nullptr) throw std::bad_alloc();
    data_ = static_cast<char*>(grown);
    capacity_ = capacity;
  }
  void swap(ByteBuffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace godwit
