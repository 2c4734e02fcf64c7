#include "collectives/reduce.h"

#include "collectives/half.h"

namespace upfabric::collectives {

namespace {

// How a type is stored, and what it is computed in.
struct Float32 {
  using Storage = float;
  static float Load(float value) { return value; }
  static float Store(float value) { return value; }
};
struct Float16 {
  using Storage = uint16_t;
  static float Load(uint16_t bits) { return FloatFromFloat16(bits); }
  static uint16_t Store(float value) { return Float16FromFloat(value); }
};
struct Bfloat16 {
  using Storage = uint16_t;
  static float Load(uint16_t bits) { return FloatFromBfloat16(bits); }
  static uint16_t Store(float value) { return Bfloat16FromFloat(value); }
};
struct Int32 {
  using Storage = int32_t;
  static int32_t Load(int32_t value) { return value; }
  static int32_t Store(int32_t value) { return value; }
};

struct Sum {
  static float Apply(float a, float b) { return a + b; }
  static int32_t Apply(int32_t a, int32_t b) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
  }
};
struct Prod {
  static float Apply(float a, float b) { return a * b; }
  static int32_t Apply(int32_t a, int32_t b) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) * static_cast<uint32_t>(b));
  }
};
struct Min {
  template <typename T>
  static T Apply(T a, T b) {
    return b < a ? b : a;
  }
};
struct Max {
  template <typename T>
  static T Apply(T a, T b) {
    return a < b ? b : a;
  }
};

template <typename Type, typename Op>
void Loop(std::byte* target_bytes, const std::byte* operand_bytes, int64_t count) {
  using Storage = typename Type::Storage;
  auto* __restrict target = reinterpret_cast<Storage*>(target_bytes);
  const auto* __restrict operand = reinterpret_cast<const Storage*>(operand_bytes);
  for (int64_t i = 0; i < count; ++i) {
    target[i] = Type::Store(Op::Apply(Type::Load(target[i]), Type::Load(operand[i])));
  }
}

template <typename Type>
void ReduceType(ReduceOp op, std::byte* target, const std::byte* operand, int64_t count) {
  switch (op) {
    case ReduceOp::kSum:
      return Loop<Type, Sum>(target, operand, count);
    case ReduceOp::kProd:
      return Loop<Type, Prod>(target, operand, count);
    case ReduceOp::kMin:
      return Loop<Type, Min>(target, operand, count);
    case ReduceOp::kMax:
      return Loop<Type, Max>(target, operand, count);
  }
}

}  // namespace

void ReduceInto(DataType type, ReduceOp op, std::byte* target, const std::byte* operand,
                int64_t count) {
  switch (type) {
    case DataType::kFloat32:
      return ReduceType<Float32>(op, target, operand, count);
    case DataType::kFloat16:
      return ReduceType<Float16>(op, target, operand, count);
    case DataType::kBfloat16:
      return ReduceType<Bfloat16>(op, target, operand, count);
    case DataType::kInt32:
      return ReduceType<Int32>(op, target, operand, count);
  }
}

}  // namespace upfabric::collectives
