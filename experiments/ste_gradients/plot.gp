# figure.svg from epochs.csv; run in this folder, see README.md.
set terminal svg size 760,400 dynamic font "sans-serif,13" background "white" noenhanced
set output "figure.svg"
set datafile separator comma
set key outside right center reverse Left samplen 2
set xlabel "epoch"
set ylabel "validation accuracy, % (mean of ten seeds)"
set xrange [1:10]
set yrange [76:100]
set grid ytics lc rgb "#dddddd"
set border 3
set tics nomirror
array color[6] = ["#222222", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#d55e00"]
plot for [i = 1:6] "epochs.csv" using 1:(column(i + 1)) with linespoints lw 2 pt 7 ps 0.5 \
    lc rgb color[i] title columnheader(i + 1)
