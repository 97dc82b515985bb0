// One walk for each format of readContainer. The signature has been checked; the walk fills in what
// it finds.
#pragma once

#include "image/container.h"
#include "image/file_bytes.h"

namespace masklet {

void walkJpeg(FileBytes file, Container& container);
void walkPng(FileBytes file, Container& container);
void walkBmp(FileBytes file, Container& container);

/// Both sides are there and small enough for products of theirs to be meant.
bool plausibleSides(const Container& container);

}  // namespace masklet
