// One walk per format of readContainer. The signature has been checked; the walk fills the result.
#pragma once

#include "image/container.h"
#include "image/file_bytes.h"

namespace masklet {

void walkJpeg(FileBytes file, Container& container);
void walkPng(FileBytes file, Container& container);
void walkBmp(FileBytes file, Container& container);

/// Whether both sides are positive, and small enough that their products do not overflow.
bool plausibleSides(const Container& container);

}  // namespace masklet
