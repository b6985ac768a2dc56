/* leaderboard.h -- the table of models, for train, backtest and demo (room cli). */
#ifndef SKUA_CLI_LEADERBOARD_H
#define SKUA_CLI_LEADERBOARD_H

#include "cli/command.h"

/* Print the member "leaderboard" of a report, and one sentence about the test. */
void leaderboard_show(const invocation *call, const skuai_json *report);

#endif
