#include "plugin/call.h"

const char *bnn_call_function_name(unsigned function)
{
    static const char *const names[] = {[BNN_CALL_PLAN] = "plan",
                                        [BNN_CALL_SEQUENCE] = "sequence",
                                        [BNN_CALL_SCHEDULE] = "schedule",
                                        [BNN_CALL_FORWARD] = "forward",
                                        [BNN_CALL_BACKWARD] = "backward",
                                        [BNN_CALL_GRAD] = "grad",
                                        [BNN_CALL_STEP] = "step",
                                        [BNN_CALL_LOWER] = "lower",
                                        [BNN_CALL_START] = "start",
                                        [BNN_CALL_CALIBRATE] = "calibrate",
                                        [BNN_CALL_FIT] = "fit"};
    return function < sizeof names / sizeof *names ? names[function] : NULL;
}
