// SPDX-License-Identifier: Apache-2.0
// Expected drawings, which have been verified manually.

/// Expected text charts.
enum Golden {
  /// `ChartTests.chart`, 70 × 20 cells.
  static let unicode = """
           accuracy against size
    accuracy
    0.994 ┤                    ⢀
          │                    ⢸
          │                    ⢸                    int8 <&>
          │⠤ ⠤ ⠤ ⠤ ⠤ ⠤ ⠤ ⠤ ⠤ ⠤ ⢼ ⠤ ⠤ ⠤ ⠤ ⠤ ⠤ ⠤ ⠤ ⠤■⠤ ⠤ ⠤ ⠤ ⠤ ⠤ ⠤ ⠤ ⠤ ⠤ ⠤ ⠤
          │                    ●⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠇
    0.992 ┤                    ⢸ pal4
          │                    ⢸
          │                    ⢸                                mag50
          │⠄   ⠄   ⠄   ⠄   ⠄   ⢼   ⠄   ⠄   ⠄   ⠄   ⠄   ⠄   ⠄   ⠄   ⠄  △⠄
          │                    ⢸
    0.990 ┤                    ⢸
          │     dim 2          ⢸
          │   ●⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉
          └───────────┬─────────────┬────────┬─────────┬──────────┬───────
                     30            50       70        100        150
                                      size (kB)
           ● palettized   ■ quantized   ▲ pruned   ── front   - - baseline
           . . tolerance
    """

  /// `ChartTests.chart`, 60 × 16 cells.
  static let ascii = """
           accuracy against size
    accuracy
    0.994 +                 .
          |                 .                 int8 <&>
          |..  ..  ..  ..  ..  ..  ..  ..  .#  ..  ..  ..  ..  .
    0.992 +                 o................
          |                 . pal4
          |.       .       ..      .       .       .       .
          |                 .                         mag50 ^
    0.990 +     dim 2       .
          |   o..............
          +---------+-----------+-------+-------+--------+------
                   30          50      70      100      150
                                 size (kB)
           o palettized   # quantized   ^ pruned   -- front
           - - baseline   . . tolerance
    """
}
