/* Days of the calendar as numbers, after "chrono-Compatible Low-Level Date Algorithms" (H. Hinnant,
 * 2013): the proleptic Gregorian calendar, day 0 is 1970-01-01. */
#pragma once

#include <stdint.h>

struct date {
	int64_t year;
	unsigned month; /* 1 to 12 */
	unsigned day; /* 1 to 31 */
};

static inline int64_t date_to_days(struct date date)
{
	int64_t year = date.month <= 2 ? date.year - 1 : date.year; /* years begin in March */
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t month = ((int64_t)date.month + 9) % 12;
	int64_t day_of_year = (153 * month + 2) / 5 + (int64_t)date.day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

static inline struct date date_from_days(int64_t days)
{
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t day_of_era = shifted - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;
	struct date date = {
		.year = year_of_era + era * 400 + (month >= 10 ? 1 : 0),
		.month = (unsigned)(month < 10 ? month + 3 : month - 9),
		.day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1),
	};

	return date;
}

/* 0 is Sunday. */
static inline unsigned date_weekday(int64_t days)
{
	int64_t weekday = (days + 4) % 7; /* 1970-01-01 was a Thursday */

	return (unsigned)(weekday >= 0 ? weekday : weekday + 7);
}
