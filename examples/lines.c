/* SPDX-License-Identifier: MIT */
/* Lines: text that comes in odd pieces, cut where its lines end.
 *
 * A line may lie across many pieces, and so may the two characters that end it.
 * Re-creates the LineBreak of the original module (2003), and the line-wise
 * reading that its announcements planned. */
#include <flow/flow.h>

int main(void)
{
    flow_stage *pieces = flow_list(FLOW_VALUES(
        "Hello W", "orld\r", "\nAnother ", "", "Line\r\n\r\nThe", " la",
        "st\r\n"));
    flow_stage *s = flow_line_break(pieces, &(flow_line_options){ 0 });

    for (flow_value line; flow_block(s, &line);) {
        printf("line: ");
        flow_print(stdout, line);
    }
    flow_close(s);
    return 0;
}
