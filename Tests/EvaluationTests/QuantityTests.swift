// SPDX-License-Identifier: Apache-2.0
// Formatting of numbers.

import Evaluation
import Testing

@Suite struct QuantityTests {
  @Test func numbers() {
    #expect(Quantity.significant(0.00123456, 3) == "0.00123")
    #expect(Quantity.significant(9.996, 3) == "10.0")
    #expect(Quantity.significant(12345, 3) == "12300")
    #expect(Quantity.significant(-0.5, 2) == "-0.50")
    #expect(Quantity.significant(1e-9, 3) == "1.00e-09")
    #expect(Quantity.significant(.nan, 3) == "nan" && Quantity.significant(-.infinity, 3) == "-∞")
    #expect(Quantity.metric(0.99284) == "0.9928" && Quantity.metric(31.4159) == "31.42")
    #expect(Quantity.metric(0) == "0.0000" && Quantity.metric(1.5e-7) == "1.50e-07" && Quantity.metric(.infinity) == "∞")
    let column = Quantity.metrics(like: [3, 48.2, .infinity])
    #expect([3, 48.2, .infinity].map(column) == ["3.00", "48.20", "∞"])
    let small = Quantity.metrics(like: [0, 2e-5, 0.5])
    #expect([0, 2e-5, 0.5].map(small) == ["0", "2.00e-05", "5.00e-01"])
    #expect(Quantity.duration(0.00125) == "1.25 ms" && Quantity.duration(2) == "2.00 s" && Quantity.duration(3e-7) == "300 ns")
    #expect(ByteUnit.fitting(319_360).name == "kB" && ByteUnit.fitting(999).name == "B" && ByteUnit.fitting(0).name == "B")
  }
}
