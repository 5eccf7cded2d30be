"""The judge: it plays a policy, whichever framework trained it, and says how well the robot walks.

Four packages, in the order of the flow; each imports only those before it.

    play      suites and cases, the environments they are played in, rollouts, recorded episodes
    measure   metrics, steps, statistics and time series of recorded episodes
    judge     gates, comparisons, notes: they fill the one result that is printed, saved and drawn
    show      tables, the HTML report, pictures, films
"""
