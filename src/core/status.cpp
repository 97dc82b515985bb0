#include "core/status.h"

namespace masklet {

const char* statusText(StatusCode code) {
  switch (code) {
#define MASKLET_STATUS(name, number, text) \
  case StatusCode::name:                   \
    return text;
#include "core/status.def"
#undef MASKLET_STATUS
  }
  return "unknown status";
}

}  // namespace masklet
