#include "core/instances.h"

namespace masklet {

Status Instances::resize(size_t count) {
  MASKLET_TRY(boxesNet.reserve(count));
  MASKLET_TRY(scores.reserve(count));
  MASKLET_TRY(classIds.reserve(count));
  MASKLET_TRY(rows.reserve(count));
  MASKLET_TRY(boxesNet.resize(count));
  MASKLET_TRY(scores.resize(count));
  MASKLET_TRY(classIds.resize(count));
  return rows.resize(count);
}

}  // namespace masklet
