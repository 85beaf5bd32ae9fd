// SPDX-License-Identifier: Apache-2.0

import MIL
import Operators
import Runtime
import Tensors
import Testing

/// Lists: reading, writing, extending, and passing through loops and branches.
@Suite struct ListTests {
  /// Two zeros; a at 0, b at 4 (extends the list to five), rows at 2 and 1.
  @Test func elementsAreReadAndWritten() throws {
    let program = try program(
      """
      func main<iOS16>(a: tensor<fp32, [2]>, b: tensor<fp32, [2]>) {
        l = make_list(init_length = 2, elem_shape = (2))
        zero = list_read(ls = l, index = 0)
        m = list_write(ls = l, index = 0, value = a)
        n = list_write(ls = m, index = 4, value = b)
        s = stack(values = (a, b), axis = 0)
        o = list_scatter(ls = n, indices = [2, 1], value = s)
        first = list_read(ls = o, index = 0)
        some = list_gather(ls = o, indices = [4, 2, 1, 3])
        length = list_length(ls = o)
        old = list_length(ls = l)
      } -> (zero, first, some, length, old)
      """)
    let out = try run(program, ["a": Tensor([Float]([1, 3])), "b": Tensor([Float]([2, 4]))])
    #expect(out["zero"]?.floats() == [0, 0])
    #expect(out["first"]?.floats() == [1, 3])
    #expect(out["some"]?.shape == [4, 2])
    #expect(out["some"]?.floats() == [2, 4, 1, 3, 2, 4, 0, 0])
    #expect(out["length"]?.integers() == [5])
    #expect(out["old"]?.integers() == [2])
  }

  /// An index that is only known at run time, and an element whose extent is not known before it is written.
  @Test func indicesMayBeComputed() throws {
    let program = try program(
      """
      func main<iOS16>(i: tensor<int32, []>, x: tensor<fp32, [2]>) {
        l = make_list(init_length = 1, elem_shape = ("n"))
        m = list_write(ls = l, index = i, value = x)
        y = list_read(ls = m, index = i)
        length = list_length(ls = m)
      } -> (y, length)
      """)
    let executor = try Executor(program: program)
    for i in [0, 3, 1] {
      let out = try executor.run(["i": Tensor(scalar: Int32(i)), "x": Tensor([Float]([5, 6]))]).tensors
      #expect(out["y"]?.floats() == [5, 6])
      #expect(out["length"]?.integers() == [i + 1])
    }
    #expect(throws: (any Error).self) { try executor.run(["i": Tensor(scalar: Int32(-1)), "x": Tensor([Float]([5, 6]))]) }
  }

  /// for i in 0..<n: list[i] = x · i.
  @Test func loopsCarryLists() throws {
    let program = try program(
      """
      func main<iOS16>(n: tensor<int32, []>, x: tensor<fp32, [2]>) {
        i = 0
        list<tensor<fp32, [2]>, 1> l = make_list(init_length = 1, elem_shape = (2))
        tensor<int32, []> j, list<tensor<fp32, [2]>, 1> k = while_loop(loop_vars = (i, l))
          block (a: tensor<int32, []>, b: list<tensor<fp32, [2]>, 1>) { tensor<bool, []> c = less(x = a, y = n) } -> (c)
          block (a: tensor<int32, []>, b: list<tensor<fp32, [2]>, 1>) {
            tensor<fp32, []> f = cast(x = a, dtype = "fp32")
            tensor<fp32, [2]> v = mul(x = x, y = f)
            list<tensor<fp32, [2]>, 1> d = list_write(ls = b, index = a, value = v)
            tensor<int32, []> e = add(x = a, y = 1)
          } -> (e, d)
        tensor<int32, []> length = list_length(ls = k)
        r = range_1d(start = 0, end = length, step = 1)
        y = list_gather(ls = k, indices = r)
      } -> (y)
      """)
    let executor = try Executor(program: program)
    for n in [3, 1, 0, 4] {
      let y = try executor.run(["n": Tensor(scalar: Int32(n)), "x": Tensor([Float]([1, 2]))]).tensors["y"]
      #expect(y?.shape == [max(n, 1), 2])
      #expect(y?.floats() == (0..<max(n, 1)).flatMap { [Float($0), Float(2 * $0)] })
    }
  }

  @Test func placesOutsideAreFaults() throws {
    let program = try program(
      """
      func main<iOS16>(i: tensor<int32, []>) {
        l = make_list(init_length = 2, elem_shape = (1))
        y = list_read(ls = l, index = i)
      } -> (y)
      """)
    do {
      _ = try run(program, ["i": Tensor(scalar: Int32(2))])
      Issue.record("read beyond the end")
    } catch { #expect("\(error)" == "list_read 'y': index 2 at position 0 of indices is out of range, expected 0 to 1") }
  }

  /// `coreml_update_state` writes the state and returns the value.
  @Test func updatesGiveTheValueOn() throws {
    let program = try program(
      """
      func main<iOS18>(s: state<tensor<fp32, [2]>>, x: tensor<fp32, [2]>) {
        old = read_state(input = s)
        sum = add(x = old, y = x)
        new = coreml_update_state(state = s, value = sum)
        y = mul(x = new, y = 2.0)
      } -> (y)
      """)
    let executor = try Executor(program: program)
    let state = executor.makeState()
    let x = Tensor([Float]([1, 2]))
    #expect(try executor.run(["x": x], state: state).tensors["y"]?.floats() == [2, 4])
    #expect(try executor.run(["x": x], state: state).tensors["y"]?.floats() == [4, 8])
    #expect(state?.read("s")?.floats() == [2, 4])
  }
}
