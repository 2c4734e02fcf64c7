#include "collectives/reduce.h"

#include <type_traits>

#include "collectives/float8.h"
#include "collectives/half.h"

namespace upfabric::collectives {

namespace {

// How a type is stored, and what it is computed in.
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
struct Float8E4M3 {
  using Storage = uint8_t;
  static float Load(uint8_t bits) { return FloatFromFloat8E4M3(bits); }
  static uint8_t Store(float value) { return Float8E4M3FromFloat(value); }
};
struct Float8E5M2 {
  using Storage = uint8_t;
  static float Load(uint8_t bits) { return FloatFromFloat8E5M2(bits); }
  static uint8_t Store(float value) { return Float8E5M2FromFloat(value); }
};
// float64 and whole numbers are computed in themselves.
template <typename T>
struct Plain {
  using Storage = T;
  static T Load(T value) { return value; }
  static T Store(T value) { return value; }
};

struct Sum {
  template <typename T>
  static T Apply(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      using Wrapping = std::make_unsigned_t<T>;
      return static_cast<T>(static_cast<Wrapping>(a) + static_cast<Wrapping>(b));
    } else {
      return a + b;
    }
  }
};
struct Prod {
  template <typename T>
  static T Apply(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      using Wrapping = std::make_unsigned_t<T>;
      return static_cast<T>(static_cast<Wrapping>(a) * static_cast<Wrapping>(b));
    } else {
      return a * b;
    }
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
    case ReduceOp::kAvg:  // divided once, at the end
      return Loop<Type, Sum>(target, operand, count);
    case ReduceOp::kProd:
      return Loop<Type, Prod>(target, operand, count);
    case ReduceOp::kMin:
      return Loop<Type, Min>(target, operand, count);
    case ReduceOp::kMax:
      return Loop<Type, Max>(target, operand, count);
  }
}

template <typename Type>
void DivideType(std::byte* target_bytes, int64_t count, int divisor) {
  auto* target = reinterpret_cast<typename Type::Storage*>(target_bytes);
  for (int64_t i = 0; i < count; ++i) {
    const auto value = Type::Load(target[i]);
    using Value = std::remove_const_t<decltype(value)>;
    if constexpr (std::is_integral_v<Value> && sizeof(Value) < sizeof(int)) {
      target[i] = static_cast<Value>(value / divisor);
    } else {
      target[i] = Type::Store(value / static_cast<Value>(divisor));
    }
  }
}

// Calls `action` with the type's way of being stored and computed.
template <typename Action>
void ForType(DataType type, const Action& action) {
  switch (type) {
    case DataType::kFloat64:
      return action(Plain<double>());
    case DataType::kFloat32:
      return action(Plain<float>());
    case DataType::kFloat16:
      return action(Float16());
    case DataType::kBfloat16:
      return action(Bfloat16());
    case DataType::kFloat8E4M3:
      return action(Float8E4M3());
    case DataType::kFloat8E5M2:
      return action(Float8E5M2());
    case DataType::kInt8:
      return action(Plain<int8_t>());
    case DataType::kUint8:
      return action(Plain<uint8_t>());
    case DataType::kInt32:
      return action(Plain<int32_t>());
    case DataType::kUint32:
      return action(Plain<uint32_t>());
    case DataType::kInt64:
      return action(Plain<int64_t>());
    case DataType::kUint64:
      return action(Plain<uint64_t>());
  }
}

}  // namespace

void ReduceInto(DataType type, ReduceOp op, std::byte* target, const std::byte* operand,
                int64_t count) {
  ForType(type, [&](auto how) { ReduceType<decltype(how)>(op, target, operand, count); });
}

void Divide(DataType type, std::byte* target, int64_t count, int divisor) {
  ForType(type, [&](auto how) { DivideType<decltype(how)>(target, count, divisor); });
}

}  // namespace upfabric::collectives
