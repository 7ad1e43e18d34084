/* SPDX-License-Identifier: MIT */
/* In place of the host's, which needs glibc's locale_t: libstdc++'s generic locale model. */
#ifndef CXX_LOCALE_H
#define CXX_LOCALE_H

#include <clocale>

#define _GLIBCXX_NUM_CATEGORIES 0

namespace std {
typedef int *__c_locale;
int __convert_from_v(const __c_locale &, char *, const int, const char *, ...);
} // namespace std

#endif
