// Errors as values: the core never throws.
#pragma once

#include <cstdint>

namespace masklet {

enum class StatusCode : uint32_t {
#define MASKLET_STATUS(name, number, text) name = number,
#include "core/status.def"
#undef MASKLET_STATUS
};

/// Outcome of a core function. `value` is the offending number; status.def defines its meaning for
/// each code.
struct [[nodiscard]] Status {
  StatusCode code = StatusCode::ok;
  double value = 0;

  constexpr bool ok() const { return code == StatusCode::ok; }
};

constexpr Status okStatus() {
  return {};
}

template <class Number>
constexpr Status fail(StatusCode code, Number value) {
  return {code, static_cast<double>(value)};
}

/// The text of status.def for `code`; never null.
const char* statusText(StatusCode code);

}  // namespace masklet

/// Returns from the enclosing function if `expression` is not ok.
#define MASKLET_TRY(expression)                                                  \
  do {                                                                           \
    if (::masklet::Status status_ = (expression); !status_.ok()) return status_; \
  } while (false)
