---@meta
-- Generated from the declarations; do not edit.
error("a definition file is not a module")

---@class HelpOptions
---@field all? boolean all of it, however long (default false)

---@class PrintOptions
---@field depth? integer maximum depth of nested tables (default 10)
---@field items? integer maximum number of entries per table (default 1000)

---@class LoadOptions
---@field function? string the function of the package to run
---@field precision? "float32"|"float16" float16 rounds after every operator, as on devices (default "float32")
---@field weights? "auto"|"dense"|"packed" how they are kept while running, which changes no result beyond the rounding of 32 bits: dense in 32 bits, packed as they are stored, or auto: packed for a single row and from 512 MB on (default "auto")
---@field threads? integer number of threads; by default one per core

---@class RandomOptions
---@field seed? integer seed of the random numbers (default 0)
---@field dtype? "float16"|"float32"|"float64" element type (default "float32")

---@class DatasetOptions
---@field inputs? table Tensors by input; with a file, the file's array for each input
---@field labels? any a Tensor or sequence of class ids, or a sequence of class names; with a file also the name of its array
---@field batch_size? integer samples a batch (default 32)
---@field limit? integer maximum number of samples
---@field shuffle? boolean shuffle the samples (default false)
---@field seed? integer seed of the order; only with shuffle (default 0)
---@field scale? number factor for every input, which converts it to float32
---@field image_size? integer[] {width, height} to which images of a folder are resized

---@class CompareOptions
---@field baseline? any the Model, or the name of the candidate, that the others are compared with; by default the first of a sequence
---@field metrics? "accuracy"|"top5"|"mse"|"mae"|"snr_db"|"psnr_db"|"cosine"|"agreement"|"kl"|function|table names; functions(outputs, batch) that return a number, the higher the better; or { name =, fn = function, better = "lower" }
---@field latency? boolean also measure the latency of predictions (default true)
---@field runs? integer number of timed predictions of each model (default 30)
---@field output? string the output to compare, if there are several
---@field batch_size? integer samples a batch
---@field on_interrupt? "return"|"stop" the effect of Ctrl-C: "return" returns a report of the finished models, marked as unfinished; "stop" ends the script and prints them on standard error. At the prompt "return", in scripts "stop"

---@class PlotOptions
---@field x string field for the x axis; the names of bars
---@field y string field for the y axis; the lengths of bars
---@field value? string field for the color of heat map cells
---@field kind? "points"|"line"|"bars"|"heatmap" type of chart: heatmap if value is given, bars if x has names, points otherwise
---@field label? string field for the labels of points or bars
---@field group? string field that determines the series
---@field x_scale? "linear"|"log" scale across (default "linear")
---@field y_scale? "linear"|"log" scale up (default "linear")
---@field order? "rows"|"value" order of bars: that of the rows, or by value, the longest first (default "rows")
---@field limit? integer maximum number of bars, of which the longest are drawn; by default as many as fit the screen, or all in a file
---@field file? string an .svg file to write; by default the chart is displayed
---@field title? string headline
---@field ascii? boolean use only ASCII characters in the terminal (default false)

---@class TrainerOptions
---@field loss? "cross_entropy"|"mse"|"mae"|"cosine"|"kl"|any the name of a loss, { type = name, its options }, or a function(graph, outputs, batch) that returns a Value
---@field output? string the output for the loss, if there are several
---@field labels? string the data set input that contains the labels, if the data set has no labels
---@field optimizer? "sgd"|"adam"|"adamw"|any the name of an optimizer, or { type = name, its options }; by default adamw
---@field lr? number the learning rate; for one_cycle its peak (default 0.001)
---@field schedule? "constant"|"step"|"cosine"|"one_cycle"|"polynomial"|any the name of a schedule, or { type = name, warmup_steps =, total_steps =, its options }; by default constant
---@field clip_norm? number maximum total norm of all gradients
---@field clip_value? number maximum magnitude of a gradient element
---@field accumulate? integer number of batches per step (default 1)
---@field ema? number decay of the exponential moving average of weights, which becomes the result
---@field groups? table[] a sequence of { pattern =, lr =, weight_decay = } for weights whose names match a Lua pattern
---@field frozen? string[] Lua patterns for names of weights that are not trained
---@field seed? integer seed of shuffling and dropout (default 0)

---@class ResumeOptions
---@field loss? any the loss again, where it is a function or has a teacher

---@class LinearLayerOptions
---@field out_features? integer size of the output's last axis
---@field bias? boolean whether to add a bias (default true)
---@field init? "default"|"xavier_uniform"|"xavier_normal"|"kaiming_uniform"|"kaiming_normal"|"normal"|"zeros"|"ones" initialization of the weight (default "default")

---@class Conv1dLayerOptions
---@field out_channels? integer channels of the output
---@field kernel_size? integer|integer[] extent of the kernel; one number, or one for each axis
---@field stride? integer|integer[] stride of the kernel (default 1)
---@field padding? string|integer|integer[] "same", "valid", or the number of zeros on both sides of an axis; one number, or one for each axis (default "valid")
---@field dilation? integer|integer[] distance between the kernel's elements (default 1)
---@field groups? integer number of channel groups (default 1)
---@field bias? boolean whether to add a bias (default true)
---@field init? "default"|"xavier_uniform"|"xavier_normal"|"kaiming_uniform"|"kaiming_normal"|"normal"|"zeros"|"ones" initialization of the kernel (default "default")

---@class Conv2dLayerOptions
---@field out_channels? integer channels of the output
---@field kernel_size? integer|integer[] extent of the kernel; one number, or one for each axis
---@field stride? integer|integer[] stride of the kernel (default 1)
---@field padding? string|integer|integer[] "same", "valid", or the number of zeros on both sides of an axis; one number, or one for each axis (default "valid")
---@field dilation? integer|integer[] distance between the kernel's elements (default 1)
---@field groups? integer number of channel groups (default 1)
---@field bias? boolean whether to add a bias (default true)
---@field init? "default"|"xavier_uniform"|"xavier_normal"|"kaiming_uniform"|"kaiming_normal"|"normal"|"zeros"|"ones" initialization of the kernel (default "default")

---@class Conv3dLayerOptions
---@field out_channels? integer channels of the output
---@field kernel_size? integer|integer[] extent of the kernel; one number, or one for each axis
---@field stride? integer|integer[] stride of the kernel (default 1)
---@field padding? string|integer|integer[] "same", "valid", or the number of zeros on both sides of an axis; one number, or one for each axis (default "valid")
---@field dilation? integer|integer[] distance between the kernel's elements (default 1)
---@field groups? integer number of channel groups (default 1)
---@field bias? boolean whether to add a bias (default true)
---@field init? "default"|"xavier_uniform"|"xavier_normal"|"kaiming_uniform"|"kaiming_normal"|"normal"|"zeros"|"ones" initialization of the kernel (default "default")

---@class ConvTransposeLayerOptions
---@field out_channels? integer channels of the output
---@field kernel_size? integer|integer[] extent of the kernel; one number, or one for each axis
---@field stride? integer|integer[] stride of the kernel (default 1)
---@field padding? string|integer|integer[] "same", "valid", or the number of zeros on both sides of an axis; one number, or one for each axis (default "valid")
---@field dilation? integer|integer[] distance between the kernel's elements (default 1)
---@field groups? integer number of channel groups (default 1)
---@field bias? boolean whether to add a bias (default true)
---@field init? "default"|"xavier_uniform"|"xavier_normal"|"kaiming_uniform"|"kaiming_normal"|"normal"|"zeros"|"ones" initialization of the kernel (default "default")

---@class BatchNormLayerOptions
---@field eps? number added to the variance (default 1e-05)

---@class LayerNormLayerOptions
---@field axes? integer number of axes, counted from the last (default 1)
---@field eps? number added to the variance (default 1e-05)

---@class EmbeddingLayerOptions
---@field num_embeddings? integer number of rows
---@field embedding_dim? integer size of a row
---@field init? "default"|"xavier_uniform"|"xavier_normal"|"kaiming_uniform"|"kaiming_normal"|"normal"|"zeros"|"ones" initialization of the table (default "normal")

---@class LstmLayerOptions
---@field hidden_size? integer size of the state
---@field num_layers? integer number of stacked layers (default 1)
---@field bidirectional? boolean bidirectional; the states of both directions are concatenated, 2 · hidden (default false)
---@field dropout? number dropout rate of the states between layers (default 0.0)
---@field output_sequence? boolean the state after every step, [batch, time, hidden]; else the last, [batch, hidden] (default true)
---@field init? "default"|"xavier_uniform"|"xavier_normal"|"kaiming_uniform"|"kaiming_normal"|"normal"|"zeros"|"ones" initialization of the weights (default "default")

---@class GruLayerOptions
---@field hidden_size? integer size of the state
---@field num_layers? integer number of stacked layers (default 1)
---@field bidirectional? boolean bidirectional; the states of both directions are concatenated, 2 · hidden (default false)
---@field dropout? number dropout rate of the states between layers (default 0.0)
---@field output_sequence? boolean the state after every step, [batch, time, hidden]; else the last, [batch, hidden] (default true)
---@field init? "default"|"xavier_uniform"|"xavier_normal"|"kaiming_uniform"|"kaiming_normal"|"normal"|"zeros"|"ones" initialization of the weights (default "default")

---@class MultiHeadAttentionLayerOptions
---@field num_heads? integer number of heads; must divide the number of features
---@field bias? boolean whether the projections add a bias (default true)
---@field is_causal? boolean whether a step only attends to itself and earlier steps (default false)
---@field init? "default"|"xavier_uniform"|"xavier_normal"|"kaiming_uniform"|"kaiming_normal"|"normal"|"zeros"|"ones" initialization of the projections (default "xavier_uniform")

---@class DropoutLayerOptions
---@field p? number fraction of elements that are set to zero (default 0.5)

---@class MaxPoolLayerOptions
---@field kernel_size? integer|integer[] extent of the window; one number, or one for each axis (default 2)
---@field stride? integer|integer[] stride of the window; by default kernel_size
---@field padding? string|integer|integer[] "same", "valid", or the number of zeros on both sides of an axis; one number, or one for each axis (default "valid")

---@class AvgPoolLayerOptions
---@field kernel_size? integer|integer[] extent of the window; one number, or one for each axis (default 2)
---@field stride? integer|integer[] stride of the window; by default kernel_size
---@field padding? string|integer|integer[] "same", "valid", or the number of zeros on both sides of an axis; one number, or one for each axis (default "valid")

---@class GlobalAvgPoolLayerOptions

---@class FlattenLayerOptions

---@class ReshapeLayerOptions
---@field shape? integer[] extents after the batch axis

---@class ReluLayerOptions

---@class GeluLayerOptions

---@class SigmoidLayerOptions

---@class TanhLayerOptions

---@class SiluLayerOptions

---@class LeakyReluLayerOptions
---@field alpha? number slope on the negative side (default 0.01)

---@class SoftmaxLayerOptions

---@class NetworkModelOptions
---@field inputs table for each input by name its extents after the batch axis; { shape =, dtype = "int32" }; or for images { width =, height =, color = "rgb" }
---@field outputs? string[] names of the outputs; by default "output"
---@field batch? integer a fixed batch size; by default any
---@field seed? integer seed of the initial weights (default 0)
---@field target? "iOS15"|"iOS16"|"iOS17"|"iOS18" the oldest system that runs it (default "iOS18")

---@class PredictOptions
---@field state? State from make_state(), for a stateful model
---@field outputs? string[] values of the program to return instead; any names in model:text()

---@class CheckOptions
---@field inputs? table<string, Tensor|table|Image> the inputs; by default random
---@field tolerance? number the largest acceptable difference, relative to a value's largest magnitude (default 0.02)

---@class PlanOptions
---@field inputs? table<string, Tensor|table|Image> inputs whose shapes are planned for; by default the default shapes

---@class CalibrateOptions
---@field calibration_nsamples? integer the most samples; by default all
---@field mask? string the input of the data that is 0 at positions that do not count, such as "attention_mask"

---@class QuantizeOptions
---@field mode? "linear_symmetric"|"linear" linear_symmetric: the range is [-R, R] with R the largest magnitude; linear: from smallest to largest, with a zero point (default "linear_symmetric")
---@field dtype? "int8"|"uint8"|"int4"|"uint4" dtype of the codes; int4 and uint4 need iOS18 (default "int8")
---@field granularity? "per_tensor"|"per_channel"|"per_block" the elements that share a scale; per_block needs iOS18 (default "per_channel")
---@field block_size? integer|integer[] per_block: elements along the input axis that share a scale, or a size for each axis (0: the whole axis) (default 32)
---@field algorithm? "nearest"|"mse"|"hqq"|"importance"|"awq"|"gptq" nearest: round to nearest; mse: ranges of least squared error; hqq: real zero points (iOS18); with calibration: importance (ranges of least error of the output), awq (scaled input channels, iOS18), gptq (each rounding error is corrected in the columns that follow) (default "nearest")
---@field ranges? "best"|"minmax"|"mse" gptq: from smallest to largest (minmax), of least squared error (mse), or for each row the better one (best) (default "best")
---@field hessian_dampening? number gptq: added to the diagonal of the second moments, relative to its mean (default 0.01)
---@field use_activation_order_heuristic? boolean gptq: round columns in the order of descending second moments (default true)
---@field processing_group_size? integer gptq: columns that are corrected at a time (default 128)
---@field weight_threshold? integer only weights with more elements are quantized (default 2048)
---@field op_types? table<string, QuantizeOptions|boolean> options by type of operator; false for no compression
---@field op_names? table<string, QuantizeOptions|boolean> options by name of a weight or operator; false for no compression
---@field op_patterns? { [1]: string, [2]: QuantizeOptions|boolean }[] a sequence of { Lua pattern, options }
---@field where? fun(weight: Weight): boolean called with each weight; returning false skips it
---@field tied? "error"|"first"|"split" how different options for the consumers of a weight are resolved (default "error")
---@field joint? boolean whether to compress weights that are already compressed (iOS18) (default true)
---@field compatible? boolean follow coremltools where Wane's default behavior differs (default false)
---@field allow_unmatched? boolean whether rules and where may match nothing (default false)
---@field dry_run? boolean return the report without compressing (default false)
---@field calibration? Dataset|Statistics the data that algorithms such as gptq run the model on, or what model:calibrate collected
---@field calibration_nsamples? integer the most samples of the calibration data; by default all
---@field mask? string the input of the calibration data that is 0 at positions that do not count, such as "attention_mask"
---@field sequential? boolean whether each weight sees the errors of the weights before it (default true)
---@field config_type? string coremltools' configuration class, for a recipe in its shape
---@field global_config? table coremltools' global_config
---@field op_type_configs? table coremltools' op_type_configs
---@field op_name_configs? table coremltools' op_name_configs

---@class PalettizeOptions
---@field mode? "kmeans"|"uniform"|"unique"|"custom" how tables are computed: kmeans (minimum squared error), uniform (evenly spaced), unique (the distinct values), custom (lut_function) (default "kmeans")
---@field nbits? 1|2|3|4|6|8 bits of an index; needed for kmeans and uniform, not allowed for unique and custom; 3 needs iOS18
---@field lut_function? function custom: given one group of a weight, returns its table and the index of each element
---@field granularity? "per_tensor"|"per_grouped_channel" the elements that share a table; per_grouped_channel needs iOS18 (default "per_tensor")
---@field group_size? integer per_grouped_channel: channels that share a table (0: all) (default 32)
---@field channel_axis? integer per_grouped_channel: the axis of the groups; by default the output channels
---@field cluster_dim? integer size of the vectors in a table, along the channel axis; more than 1 needs iOS18 (default 1)
---@field enable_per_channel_scale? boolean divide by the largest magnitude over the output channels first; needs iOS18 (default false)
---@field num_kmeans_workers? integer accepted for compatibility with coremltools; has no effect (default 1)
---@field algorithm? "kmeans"|"importance"|"gptq" what k-means minimizes: kmeans: the error of the weight; with calibration: importance (the error of the output for independent inputs), gptq (the same, then each rounding error is corrected in the columns that follow) (default "kmeans")
---@field hessian_dampening? number gptq: added to the diagonal of the second moments, relative to its mean (default 0.01)
---@field use_activation_order_heuristic? boolean gptq: round columns in the order of descending second moments (default true)
---@field processing_group_size? integer gptq: columns that are corrected at a time (default 128)
---@field weight_threshold? integer only weights with more elements are palettized (default 2048)
---@field op_types? table<string, PalettizeOptions|boolean> options by type of operator; false for no compression
---@field op_names? table<string, PalettizeOptions|boolean> options by name of a weight or operator; false for no compression
---@field op_patterns? { [1]: string, [2]: PalettizeOptions|boolean }[] a sequence of { Lua pattern, options }
---@field where? fun(weight: Weight): boolean called with each weight; returning false skips it
---@field tied? "error"|"first"|"split" how different options for the consumers of a weight are resolved (default "error")
---@field joint? boolean whether to compress weights that are already compressed (iOS18) (default true)
---@field compatible? boolean follow coremltools where Wane's default behavior differs (default false)
---@field allow_unmatched? boolean whether rules and where may match nothing (default false)
---@field dry_run? boolean return the report without compressing (default false)
---@field calibration? Dataset|Statistics the data that algorithms such as gptq run the model on, or what model:calibrate collected
---@field calibration_nsamples? integer the most samples of the calibration data; by default all
---@field mask? string the input of the calibration data that is 0 at positions that do not count, such as "attention_mask"
---@field sequential? boolean whether each weight sees the errors of the weights before it (default true)
---@field config_type? string coremltools' configuration class, for a recipe in its shape
---@field global_config? table coremltools' global_config
---@field op_type_configs? table coremltools' op_type_configs
---@field op_name_configs? table coremltools' op_name_configs

---@class PruneOptions
---@field target_sparsity? number fraction of weights that become zero
---@field block_size? integer with target_sparsity: size of the blocks along dim that are pruned as a whole, by their norm (conv and linear)
---@field n_m_ratio? integer[] {n, m}: zero the n smallest of every m weights along dim (conv and linear)
---@field dim? 0|1 axis of blocks (default 0, output channels) or of n:m groups (default 1, input channels)
---@field algorithm? "magnitude"|"wanda"|"sparse_gpt" magnitude: the smallest become zero; with calibration: wanda (the smallest products with the input, row by row), sparse_gpt (those that cost least, and the others are corrected) (default "magnitude")
---@field hessian_dampening? number sparse_gpt: added to the diagonal of the second moments, relative to its mean (default 0.01)
---@field use_activation_order_heuristic? boolean sparse_gpt: round columns in the order of descending second moments (default false)
---@field processing_group_size? integer sparse_gpt: columns that are corrected at a time (default 128)
---@field weight_threshold? integer only weights with more elements are pruned (default 2048)
---@field threshold? number weights of at most this magnitude become zero (default 1e-12)
---@field minimum_sparsity_percentile? number weights with a smaller fraction of zeros are skipped (default 0.5)
---@field op_types? table<string, PruneOptions|boolean> options by type of operator; false for no compression
---@field op_names? table<string, PruneOptions|boolean> options by name of a weight or operator; false for no compression
---@field op_patterns? { [1]: string, [2]: PruneOptions|boolean }[] a sequence of { Lua pattern, options }
---@field where? fun(weight: Weight): boolean called with each weight; returning false skips it
---@field tied? "error"|"first"|"split" how different options for the consumers of a weight are resolved (default "error")
---@field joint? boolean whether to compress weights that are already compressed (iOS18) (default true)
---@field compatible? boolean follow coremltools where Wane's default behavior differs (default false)
---@field allow_unmatched? boolean whether rules and where may match nothing (default false)
---@field dry_run? boolean return the report without compressing (default false)
---@field calibration? Dataset|Statistics the data that algorithms such as gptq run the model on, or what model:calibrate collected
---@field calibration_nsamples? integer the most samples of the calibration data; by default all
---@field mask? string the input of the calibration data that is 0 at positions that do not count, such as "attention_mask"
---@field sequential? boolean whether each weight sees the errors of the weights before it (default true)
---@field config_type? string coremltools' configuration class, for a recipe in its shape
---@field global_config? table coremltools' global_config
---@field op_type_configs? table coremltools' op_type_configs
---@field op_name_configs? table coremltools' op_name_configs

---@class CompressOptions
---@field dry_run? boolean return the reports without compressing (default false)
---@field allow_unmatched? boolean whether rules may match nothing; by default an error, or a warning for recipes from files and models
---@field calibration? Dataset|Statistics the data that algorithms such as gptq run the model on, or what model:calibrate collected
---@field calibration_nsamples? integer the most samples of the calibration data; by default all
---@field mask? string the input of the calibration data that is 0 at positions that do not count, such as "attention_mask"
---@field sequential? boolean whether each weight sees the errors of the weights before it (default true)

---@class EvaluateOptions
---@field metrics? "accuracy"|"top5"|"mse"|"mae"|"snr_db"|"psnr_db"|"cosine"|"agreement"|"kl"|function|table names; functions(outputs, batch) that return a number, the higher the better; or { name =, fn = function, better = "lower" }
---@field baseline? Model the model to compare outputs with; its outputs are cached as long as the model and the data exist
---@field output? string the output to compare, if there are several
---@field batch_size? integer samples per batch; by default that of the dataset
---@field on_batch? function called after each batch with the number of finished samples and the total

---@class BenchmarkOptions
---@field runs? integer timed predictions (default 50)
---@field warmup? integer predictions before (default 5)
---@field inputs? table<string, Tensor|table|Image> the inputs; by default random numbers
---@field threads? integer number of threads; by default the current number
---@field profile? boolean also time every operator (default false)

---@class SaveOptions
---@field overwrite? boolean replace an existing file (default false)

---@class HistogramOptions
---@field before? Weight the same weight of the original model
---@field bins? integer number of bins (default 60)
---@field file? string an .svg file to write; by default the chart is displayed
---@field title? string headline
---@field ascii? boolean use only ASCII characters in the terminal (default false)

---@class BarOptions
---@field value? "snr_db"|"bits"|"bytes_after" field of the entries (default "snr_db")
---@field limit? integer maximum number of bars: those with the lowest signal-to-noise ratio, or the most bits or bytes; by default as many as fit the screen, or 40 in a file
---@field order? "program"|"value" as the program has the weights, or by value, the worst first (default "program")
---@field label? function called with each entry, returns the name of its bar; by default the names without their common prefix and suffix
---@field file? string an .svg file to write; by default the chart is displayed
---@field title? string headline
---@field ascii? boolean use only ASCII characters in the terminal (default false)

---@class ReportPrintOptions
---@field all? boolean list every weight with its reason, without a limit (default false)
---@field sort? "name"|"op_type"|"bits"|"count"|"bytes_before"|"bytes_after"|"snr_db" field to sort by: lowest signal-to-noise ratio, most bytes, … first; names in ascending order

---@class TradeOffOptions
---@field x? string column across (default "size")
---@field y? string column for the y axis; by default the first metric
---@field max_drop? number marks the band of values that are worse than the baseline by at most this
---@field file? string an .svg file to write; by default the chart is displayed
---@field title? string headline
---@field ascii? boolean use only ASCII characters in the terminal (default false)

---@class ParetoOptions
---@field x? string column to minimize (default "size")
---@field y? string column of the quality; by default the first metric

---@class BestOptions
---@field max_drop? number maximum loss relative to the baseline; 0.01 if neither min nor max is given
---@field metric? string the metric or other column; by default the first metric
---@field min? number the minimum acceptable value
---@field max? number the maximum acceptable value

---@class ComparisonPrintOptions
---@field all? boolean print every row, without a limit (default false)
---@field sort? string column to sort by, the best first: one of report.columns, or name

---@class PageOptions
---@field title? string headline (default "Comparison")
---@field max_drop? number maximum acceptable loss relative to the baseline

---@class TrainingPruneOptions
---@field scheduler? table|string { type = "constant", begin_step = 0 }, or { type = "polynomial_decay", update_steps = a list or "range(a, b, c)", power = 3 } (default {begin_step: 0, type: "constant"})
---@field initial_sparsity? number fraction of zeros at the start (default 0.0)
---@field target_sparsity? number fraction of zeros at the end (default 0.5)
---@field granularity? "per_scalar"|"per_kernel"|"per_channel" the unit of pruning: single weights, kernels, output channels (default "per_scalar")
---@field block_size? integer number of adjacent output channels that are pruned together (default 1)
---@field n_m_ratio? integer[] {n, m}: zero the n smallest of every m weights along dim
---@field dim? integer axis of n:m groups: 1 input channels, 0 output channels (default 1)
---@field weight_threshold? integer only weights with more elements are pruned (default 0)
---@field param_name? any only "weight": biases are not pruned (default "weight")
---@field op_types? table options by type of operator; false for no compression
---@field op_names? table options by name of a weight or operator; false for no compression
---@field op_patterns? table a sequence of { Lua pattern, options }
---@field allow_unmatched? boolean whether rules may match nothing (default false)
---@field config_type? string coremltools' configuration class, for options in its form
---@field global_config? table coremltools' global_config; a sequence gives options for weights of different sizes
---@field module_type_configs? table coremltools' module_type_configs: options by type of module or operator; false for no compression
---@field module_name_configs? table coremltools' module_name_configs: options by regular expressions for names of weights, operators or modules; false for no compression
---@field non_traceable_module_names? table of coremltools' quantizer; must be empty
---@field preserved_attributes? table of coremltools' quantizer; must be empty

---@class TrainingPalettizeOptions
---@field n_bits? 1|2|3|4|6|8 bits of an index; by default 4 for linear and 2 for other operators
---@field weight_threshold? integer only weights with more elements are palettized (default 2048)
---@field granularity? "per_tensor"|"per_grouped_channel" one table for a weight, or one for each group of output channels (default "per_tensor")
---@field group_size? integer with per_grouped_channel: channels that share a table
---@field channel_axis? integer axis of the groups; output channels only (default 0)
---@field enable_per_channel_scale? boolean divide each output channel by a scale first (default false)
---@field milestone? integer step at which clustering starts (default 0)
---@field cluster_dim? integer length of the table's vectors, along the output channels
---@field lut_dtype? "f32"|"f16"|"i8"|"u8" how the table's values are stored (default "f32")
---@field palett_tau? number softness of the assignment, in squared weights (default 0.0001)
---@field palett_epsilon? number change of the squared error at which iterations end (default 0.0001)
---@field kmeans_max_iter? integer iterations of k-means per step (default 3)
---@field prune_threshold? number subtracted from squared distances to the first centroid (default 1e-07)
---@field zero_threshold? number minimum weight of a cluster (default 1e-07)
---@field enforce_zero? boolean keep one value of the table at zero (default false)
---@field palett_mode? "dkm"|"hard" soft assignment by distance, or assignment to the nearest value (default "dkm")
---@field per_channel_scaling_factor_scheme? "min_max"|"abs" half the range of a channel, or its largest magnitude (default "min_max")
---@field palett_cluster_tol? number fraction of the table that may be equal before equal values are separated (default 0.0)
---@field percentage_palett_enable? number fraction of the groups whose tables are learned, the first ones (default 1.0)
---@field quantize_activations? boolean also round the inputs of the operators to 8 bits (default false)
---@field dtype? "qint8"|"quint8"|"float32" with quantize_activations: the codes (default "qint8")
---@field quant_min? integer smallest code of the dtype (default -128)
---@field quant_max? integer largest code of the dtype (default 127)
---@field kmeans_init? "auto"|"opt1d"|"kmeans++"|"cpu.kmeans++" any value: the initial table of scalars has the minimum squared error (default "auto")
---@field palett_max_mem? any only 1.0: it saves memory of a GPU, or shares work among several (default 1.0)
---@field palett_min_tsize? any only 65536: it saves memory of a GPU, or shares work among several (default 65536)
---@field palett_unique? any only false: it saves memory of a GPU, or shares work among several (default false)
---@field palett_shard? any only false: it saves memory of a GPU, or shares work among several (default false)
---@field palett_batch_mode? any only false: it saves memory of a GPU, or shares work among several (default false)
---@field palett_dist? any only false: it saves memory of a GPU, or shares work among several (default false)
---@field kmeans_batch_threshold? any only 4: it saves memory of a GPU, or shares work among several (default 4)
---@field kmeans_opt1d_threshold? any only 1024: the first table has the least squared error anyway (default 1024)
---@field kmeans_n_init? any only 10: the first table has the least squared error anyway (default 10)
---@field kmeans_error_bnd? any only 0.0: the first table has the least squared error anyway (default 0.0)
---@field cluster_permute? any only null: vectors and groups run along the output channels
---@field add_extra_centroid? any only false: indices of n_bits bits cannot address another entry (default false)
---@field palett_lambda? any only 0.0: it has no effect in coremltools 9 (default 0.0)
---@field partition_size? any only null: it has been renamed to group_size
---@field cluster_dtype? any only null: it has been renamed to lut_dtype
---@field op_types? table options by type of operator; false for no compression
---@field op_names? table options by name of a weight or operator; false for no compression
---@field op_patterns? table a sequence of { Lua pattern, options }
---@field allow_unmatched? boolean whether rules may match nothing (default false)
---@field config_type? string coremltools' configuration class, for options in its form
---@field global_config? table coremltools' global_config; a sequence gives options for weights of different sizes
---@field module_type_configs? table coremltools' module_type_configs: options by type of module or operator; false for no compression
---@field module_name_configs? table coremltools' module_name_configs: options by regular expressions for names of weights, operators or modules; false for no compression
---@field non_traceable_module_names? table of coremltools' quantizer; must be empty
---@field preserved_attributes? table of coremltools' quantizer; must be empty

---@class TrainingQuantizeOptions
---@field algorithm? "vanilla"|"learnable" scales from observed ranges (vanilla), or learned with the weights (learnable: LSQ, LSQ+) (default "vanilla")
---@field weight_dtype? "qint8"|"quint8"|"qint4"|"quint4"|"int8"|"uint8"|"int4"|"uint4"|"float32" codes of weights; float32 for no quantization (default "qint8")
---@field activation_dtype? "quint8"|"qint8"|"uint8"|"int8"|"float32" codes of activations; float32 for no quantization (default "quint8")
---@field weight_observer? "moving_average_min_max"|"min_max"|"ema_min_max" how observed ranges of weights are combined (default "moving_average_min_max")
---@field activation_observer? "moving_average_min_max"|"min_max"|"ema_min_max" how observed ranges of activations are combined (default "moving_average_min_max")
---@field weight_per_channel? boolean a scale for each output channel, or one for the weight (default true)
---@field quantization_scheme? "symmetric"|"affine" symmetric around zero, or affine with a zero point (default "symmetric")
---@field milestones? integer[] four steps: observers on, rounding on, observers off, batch norm statistics frozen; -1 for never; by default all are on from the start
---@field weight_threshold? integer only weights with more elements are quantized (default 0)
---@field op_types? table options by type of operator; false for no compression
---@field op_names? table options by name of a weight or operator; false for no compression
---@field op_patterns? table a sequence of { Lua pattern, options }
---@field allow_unmatched? boolean whether rules may match nothing (default false)
---@field config_type? string coremltools' configuration class, for options in its form
---@field global_config? table coremltools' global_config; a sequence gives options for weights of different sizes
---@field module_type_configs? table coremltools' module_type_configs: options by type of module or operator; false for no compression
---@field module_name_configs? table coremltools' module_name_configs: options by regular expressions for names of weights, operators or modules; false for no compression
---@field non_traceable_module_names? table of coremltools' quantizer; must be empty
---@field preserved_attributes? table of coremltools' quantizer; must be empty

---@class FitOptions
---@field epochs? integer times that every sample is seen (default 1)
---@field steps? integer ends after so many steps, whatever the epochs
---@field batch_size? integer samples a batch; the dataset's own when left out
---@field shuffle? boolean draw a new order for each epoch (default true)
---@field drop_last? boolean leave out a last batch that is not full (default false)
---@field augment? function called with each batch, whose labels are indices of the model's classes; returns the batch to learn from
---@field validation? Dataset a Dataset to evaluate after each epoch
---@field metrics? "accuracy"|"top5"|"mse"|"mae"|"snr_db"|"psnr_db"|"cosine"|"agreement"|"kl"|function|table names; functions(outputs, batch) that return a number, the higher the better; or { name =, fn = function, better = "lower" }
---@field patience? integer number of epochs without improvement after which training stops; the best weights are kept
---@field monitor? string the metric for early stopping; by default the first of the validation
---@field on_epoch? function called with an Epoch after each; false ends the fit
---@field on_step? function called with step and loss after each; false ends the fit
---@field checkpoint? string a file that is saved after each epoch

---@class TrainingPrintOptions
---@field all? boolean every weight, however many there are (default false)
---@field sort? "name"|"method"|"params"|"error" field by which weights follow each other: the largest error or the most elements first; names rising

---@class QuantizeStep: QuantizeOptions
---@field [1] "quantize"

---@class PalettizeStep: PalettizeOptions
---@field [1] "palettize"

---@class PruneStep: PruneOptions
---@field [1] "prune"

---@class DecompressStep
---@field [1] "decompress"

---@class RetargetStep
---@field [1] "retarget"
---@field [2] "iOS16"|"iOS17"|"iOS18" such as "iOS18"

---@alias Step QuantizeStep|PalettizeStep|PruneStep|DecompressStep|RetargetStep

---An input, output or state of a model.
---@class Feature
---@field name string its name
---@field kind string tensor, image, state, or another type of feature
---@field dtype string? element type of a tensor
---@field shape (integer|string)[]? extents; flexible ones are texts: "1…32", "64 or 128"
---@field shapes integer[][]? every shape of a tensor with enumerated ones, the default first
---@field width (integer|string)? pixels of an image; a flexible extent is a text
---@field height (integer|string)? pixels of an image; a flexible extent is a text
---@field sizes integer[][]? every { width, height } of an image with enumerated ones, the default first
---@field color string? grayscale, rgb, bgr of an image
---@field optional boolean whether it is optional
---@field description string the description

---An operator that reads a weight.
---@class WeightReader
---@field op_type string type of the operator
---@field op_name string name of the operator
---@field parameter string its input
---@field function_name string the function it belongs to

---What compression did to one weight.
---@class ReportEntry
---@field name string the weight
---@field op_type string type of the operator that reads it
---@field op_name string name of the operator that reads it
---@field function_name string the function that holds it
---@field action string quantized, palettized, pruned, decompressed or skipped
---@field reason string the reason for skipping it, or the rule that applied
---@field scheme string how it is stored now
---@field bits number stored bits per element, tables and scales included
---@field count integer number of elements
---@field bytes_before integer bytes before
---@field bytes_after integer bytes after
---@field snr_db number? signal-to-noise ratio relative to the original weight, in dB
---@field output_snr_db number? signal-to-noise ratio of the layer's output on the calibration data, in dB; nil without them
---@field algorithm string the algorithm of a technique that has several; empty for others

---Second moments of the vectors in a value that weights multiply.
---@class ValueStatistics
---@field name string the value
---@field size integer elements of a vector
---@field positions number number of vectors
---@field second_moments Tensor the mean of x xᵀ, [size, size], of the first group of channels
---@field mean_squares Tensor the mean of each element's square, [groups, size]

---A difference between two models.
---@class DifferenceRow
---@field part string model, input, output, state, metadata, operator or weight
---@field name string of the input, operator, weight, …
---@field first string what the first model has; empty for nothing
---@field second string what the second model has; empty for nothing

---A group of samples.
---@class Batch
---@field inputs table<string, Tensor> Tensors by input
---@field labels Tensor? their labels
---@field count integer number of samples
---@field classes string[]? names of the classes that the labels count from 0; nil when they have none

---A batch as a metric sees it.
---@class MetricBatch
---@field labels Tensor? their labels
---@field reference table<string, Tensor>? the baseline's outputs by name; for the baseline, its own
---@field count integer number of samples

---The latency of predictions in seconds.
---@class Benchmark
---@field median number half of the runs are at least this fast
---@field p90 number nine runs of ten are at least this fast
---@field min number the fastest run
---@field mean number the mean of the runs
---@field runs integer number of runs
---@field resident integer? bytes of memory that the process holds after the runs
---@field profile ProfileRow[]? rows of operators, the slowest first; nil without profile = true

---The time of one operator.
---@class ProfileRow
---@field operation string the operator, or reorder for a copy that the plan inserted
---@field name string the value it computes
---@field kernel string the loop or primitive that ran
---@field seconds number mean over the runs
---@field share number fraction of the time of all operators, 0 to 1
---@field flops integer floating-point operations of one run; 0 for data movement
---@field gflops number billions of floating-point operations per second
---@field bytes integer bytes read and written in one run, as 32-bit numbers

---The memory of a prediction's values; weights are not among them.
---@class MemoryPlan
---@field bytes integer bytes of the arena that all values share
---@field unshared integer bytes without sharing memory
---@field steps integer number of steps
---@field values MemoryPlace[] rows of values, by offset

---The memory location and lifetime of a value.
---@class MemoryPlace
---@field name string the value
---@field offset integer bytes from the start of the arena
---@field bytes integer its size
---@field first integer the step that computes it; -1 for inputs
---@field last integer the last step that reads it

---Where overflow, NaN or a large deviation begins when every operator rounds to fp16.
---@class PrecisionCheck
---@field compared integer number of fp16 values that were compared
---@field rows PrecisionFault[] values with faults, in program order

---A value with a fault that none of the values has from which it is computed.
---@class PrecisionFault
---@field op_type string the operator
---@field name string the value
---@field fault string nan, overflow or deviation
---@field elements integer number of elements with the fault
---@field peak number largest magnitude of the value in 32 bits
---@field deviation number largest difference between finite elements, relative to peak

---What one epoch of a fit was like.
---@class Epoch
---@field epoch integer counted from 1
---@field step integer optimizer steps done after it
---@field loss number mean over its batches
---@field lr number the learning rate after it
---@field seconds number the elapsed time, without validation
---@field metrics table<string, number> of the validation, by name

---What methods have done to one weight.
---@class TrainingReportEntry
---@field name string the weight
---@field method string the applied methods, in order
---@field params integer number of elements
---@field error number root mean square of the difference between the weight and its stored values
---@field facts table<string, any> method-specific values: sparsities, clusters, codes

---Second moments of the vectors in a value that weights multiply.
---@class ValueStatistics
---@field name string the value
---@field size integer elements of a vector
---@field positions number number of vectors
---@field second_moments Tensor the mean of x xᵀ, [size, size], of the first group of channels
---@field mean_squares Tensor the mean of each element's square, [groups, size]

---A Core ML model. It never changes: compressing it gives another one.
---@class Model
---@field path string? where it was loaded from
---@field name string the package's name, without folder and ending
---@field target string the oldest system that runs it, e.g. iOS16
---@field spec_version integer specification version of the package, 6 to 9
---@field functions string[] names of its functions
---@field inputs Feature[]|table<string, Feature> its inputs, by position and by name
---@field outputs Feature[]|table<string, Feature> its outputs, by position and by name
---@field weights Weight[]|table<string, Weight> its weights, compressed or not, by position and by name
---@field size integer bytes of the package's weights on disk
---@field report CompressionReport? the report of the last compression step; nil for a model as it was loaded
---@field history string[] the compression steps, oldest first
---@field metadata table<string, any> author, license, version, description and user-defined metadata
local Model = {}

---Compute the outputs.
---```lua
---local model = wane.load("examples/digits_cnn.mlpackage")
---print(model:predict{ image = wane.zeros{ 1, 1, 8, 8 } }.probabilities.shape[2])  --> 10
---```
---@param inputs table<string, Tensor|table|Image> a Tensor, table of numbers or Image for each input
---@param options? PredictOptions named options
---@return table<string, Tensor|string|table> # a table of Tensors by name
function Model:predict(inputs, options) end

---A new state for a stateful model, initialized with zeros.
---@return State # a State
function Model:make_state() end

---The MIL program as text, with long constants abbreviated.
---@return string # a string
function Model:text() end

---Compare predictions in fp32 with predictions rounded to fp16 as on devices, and find the values that differ.
---```lua
---local model = wane.load("examples/digits_cnn.mlpackage")
---local check = model:check{ inputs = { image = wane.zeros{ 1, 1, 8, 8 } } }
---print(#check.rows)  --> 0
---```
---@param options? CheckOptions named options
---@return PrecisionCheck # a PrecisionCheck
function Model:check(options) end

---Floating-point operations of a prediction, a multiplication and an addition counting as two.
---```lua
---print(model:flops() / 1e9, "GFLOP")
---```
---@param options? PlanOptions named options
---@return integer # a number; bodies of loops and branches are not counted
function Model:flops(options) end

---The memory locations and lifetimes of the values in a prediction.
---```lua
---print(model:memory_plan())
---```
---@param options? PlanOptions named options
---@return MemoryPlan # a MemoryPlan
function Model:memory_plan(options) end

---The steps of a prediction: kernels, fused post-ops, dtypes, axis orders, memory locations.
---```lua
---print(model:plan_text())
---```
---@param options? PlanOptions named options
---@return string # a text, a line for each step; its numbers are those of memory_plan
function Model:plan_text(options) end

---Run the model on data and collect the second moments of what its weights multiply, for algorithms such as gptq.
---```lua
---local statistics = model:calibrate(data)
---```
---@param data Dataset a Dataset
---@param options? CalibrateOptions named options
---@return Statistics # Statistics
function Model:calibrate(data, options) end

---Store weights as 8- or 4-bit integers with scales.
---```lua
---local small = model:quantize{ dtype = "int8" }
---```
---@param options? QuantizeOptions|string named options; or the path or text of coremltools' YAML or JSON
---@return Model|CompressionReport # a Model with a report; with dry_run only the report
function Model:quantize(options) end

---Store weights as indices into a small table of values.
---```lua
---local small = model:palettize{ nbits = 4 }
---```
---@param options? PalettizeOptions|string named options; or the path or text of coremltools' YAML or JSON
---@return Model|CompressionReport # a Model with a report; with dry_run only the report
function Model:palettize(options) end

---Set small weights to zero and store the others.
---```lua
---local small = model:prune{ target_sparsity = 0.5 }
---```
---@param options? PruneOptions|string named options; or the path or text of coremltools' YAML or JSON
---@return Model|CompressionReport # a Model with a report; with dry_run only the report
function Model:prune(options) end

---Apply several steps in sequence. Unsupported steps are errors before any work.
---```lua
---local small = model:compress{ { "prune", target_sparsity = 0.5 }, { "palettize", nbits = 4 } }
---```
---@param steps Step[]|Recipe|Model|string|table a sequence of steps such as { "prune", target_sparsity = 0.5 }; or a Recipe, its path or text
---@param options? CompressOptions named options
---@return Model|CompressionReport[] # a Model; with dry_run a sequence of reports, one for each step
function Model:compress(steps, options) end

---Store every weight plainly again.
---@return Model # a Model
function Model:decompress() end

---Convert the model to a newer system, which makes newer forms of compression available; checks that the outputs are equal.
---```lua
---local newer = model:retarget("iOS18")
---```
---@param target "iOS16"|"iOS17"|"iOS18" such as "iOS18"
---@return Model # a Model
function Model:retarget(target) end

---Evaluate the model on a dataset.
---```lua
---print(model:evaluate(data).accuracy)
---```
---@param data Dataset a Dataset
---@param options? EvaluateOptions named options
---@return Result # a Result: a field for each metric
function Model:evaluate(data, options) end

---Measure how long a prediction takes.
---```lua
---print(model:benchmark{ runs = 100 })
---```
---@param options? BenchmarkOptions named options
---@return Benchmark # median, p90, min and mean in seconds; with profile = true also profile, rows of operators
function Model:benchmark(options) end

---Save the model as an .mlpackage. An existing one is replaced atomically.
---@param path string ends in .mlpackage
---@param options? SaveOptions named options
function Model:save(path, options) end

---Release what it holds now; using it afterwards is an error.
function Model:close() end

---What a stateful model remembers from one prediction to the next.
---@class State
---@field names string[] names of the states
local State = {}

---The current content of a state.
---@param name string which state
---@return Tensor # a Tensor
function State:read(name) end

---A dense array of one element type. Positions count from 0, as in the model file; tables that hold its values count from 1, as Lua does.
---@class Tensor
---@field shape integer[] extents, outermost axis first
---@field dtype string element type, e.g. float32
---@field count integer number of elements
---@operator len: integer
local Tensor = {}

---One element.
---```lua
---print(wane.tensor{ {1, 2}, {3, 4} }:at{ 1, 0 })  --> 3.0
---```
---@param position integer[] one index an axis, from 0; negative from the end
---@return number|boolean # the element
function Tensor:at(position) end

---All elements as nested tables, counted from 1.
---@return table|number|boolean # a table, or a number for a scalar
function Tensor:to_table() end

---The same elements with a different shape.
---```lua
---print(wane.zeros({2, 6}):reshape{ 3, -1 }.shape[2])  --> 4
---```
---@param shape integer[] extents; one may be -1
---@return Tensor # a Tensor
function Tensor:reshape(shape) end

---Part of an axis.
---```lua
---print(wane.zeros({4, 3}):slice(0, 1, 3).shape[1])  --> 2
---```
---@param axis integer which axis, from 0
---@param from integer first position, from 0
---@param to? integer position after the last; by default the end
---@return Tensor # a Tensor
function Tensor:slice(axis, from, to) end

---Indices of the largest elements along an axis, the first of equal ones.
---@param axis? integer which axis, from 0
---@return Tensor # an int32 Tensor without that axis
function Tensor:argmax(axis) end

---The smallest element.
---@return number # a number
function Tensor:min() end

---The largest element.
---@return number # a number
function Tensor:max() end

---The sum of the elements, in double precision.
---@return number # a number
function Tensor:sum() end

---The mean of the elements, in double precision.
---@return number # a number
function Tensor:mean() end

---The same values as another element type, as PyTorch does it: floats are rounded to nearest and become infinite beyond the range; for integers fractions are cut off; integers wrap into narrower ones; anything but 0 is true. Floats beyond an integer type are clamped, NaN is 0. What is given to a model or to wane.tensor is refused instead.
---@param dtype "float16"|"float32"|"float64"|"int8"|"uint8"|"int16"|"uint16"|"int32"|"int64"|"bool" element type
---@return Tensor # a Tensor
function Tensor:cast(dtype) end

---factor · x + offset for every element, as float32.
---```lua
---print(wane.tensor{ 0, 255 }:scale(1 / 255):max())  --> 1.0
---```
---@param factor number multiplied
---@param offset? number added
---@return Tensor # a Tensor
function Tensor:scale(factor, offset) end

---Shifted along an axis, filled with zeros.
---```lua
---print(wane.tensor{ 1, 2, 3 }:shift(0, 1):to_table()[1])  --> 0.0
---```
---@param axis integer which axis, from 0
---@param by integer number of positions; negative towards the front
---@return Tensor # a Tensor
function Tensor:shift(axis, by) end

---Mirrored along an axis.
---```lua
---print(wane.tensor{ 1, 2, 3 }:flip(0):to_table()[1])  --> 3.0
---```
---@param axis integer which axis, from 0
---@return Tensor # a Tensor
function Tensor:flip(axis) end

---An image of 8-bit samples.
---@class Image
---@field width integer pixels across
---@field height integer pixels down
---@field format string gray, grayAlpha, rgb or rgba
local Image = {}

---The image resized with linear interpolation.
---@param width integer pixels
---@param height integer pixels
---@return Image # an Image
function Image:resize(width, height) end

---Its samples by channel.
---@return Tensor # a uint8 Tensor of shape {1, channels, height, width}
function Image:to_tensor() end

---A weight of a model, compressed or not.
---@class Weight
---@field name string its name, the same before and after compression
---@field op_type string type of the operator that reads it
---@field op_name string name of the operator that reads it
---@field parameter string that operator's input
---@field function_name string the function that contains it
---@field readers WeightReader[] all operators that read it, including those of other functions that share it
---@field shape integer[] extents
---@field dtype string element type
---@field count integer number of elements
---@field bytes integer bytes of all its stored parts
---@field scheme string dense, quantized, palettized, sparse, or a joint one
---@field bits number stored bits per element
---@field sparsity number fraction of zeros (decodes the weight)
---@field unique_values integer number of distinct values (decodes the weight)
---@field min number smallest value (decodes the weight)
---@field max number largest value (decodes the weight)
local Weight = {}

---Its values, decoded.
---@return Tensor # a Tensor
function Weight:to_tensor() end

---Draw a histogram of its values, optionally with those of the original weight.
---```lua
---local small = model:palettize{ nbits = 4, weight_threshold = 512 }
---small.weights.const_2:plot{ before = model.weights.const_2 }
---```
---@param options? HistogramOptions named options
function Weight:plot(options) end

---The effect of compression on each weight, with reasons for skipped weights.
---@class CompressionReport
---@field bytes_before integer bytes of all weights before; a weight that functions share counts once
---@field bytes_after integer bytes of all weights after; a weight that functions share counts once
---@field compressed integer number of weights compressed
---@field skipped integer number of weights left alone
---@field bits number stored bits per weight element
---@field dry_run boolean whether nothing was compressed
---@field [integer] ReportEntry counted from 1
---@operator len: integer
local CompressionReport = {}

---Draw a bar for each compressed weight: its signal-to-noise ratio, bits or bytes.
---```lua
---model:palettize{ nbits = 4 }.report:plot{}
---```
---@param options? BarOptions named options
function CompressionReport:plot(options) end

---Print the report: the compressed weights, then the others by reason; or all weights, optionally sorted.
---```lua
---model:palettize{ nbits = 4 }.report:print{ all = true, sort = "snr_db" }
---```
---@param options? ReportPrintOptions named options
function CompressionReport:print(options) end

---Steps of compression, for model:compress(recipe).
---@class Recipe
---@field steps string[] what is done, in words, in order
---@operator len: integer
local Recipe = {}

---The recipe as YAML; of one step, as coremltools reads it.
---@return string # a string
function Recipe:to_yaml() end

---What calibration data tell of the inputs of a model's weights.
---@class Statistics
---@field samples integer number of samples
---@field values table<string, ValueStatistics> by value: its second moments and what follows from them
local Statistics = {}

---The statistics of both, which must be of the same model.
---@param other Statistics Statistics
---@return Statistics # Statistics
function Statistics:merge(other) end

---What differs between two models: a sequence of rows, empty when nothing does.
---@class Difference
---@field [integer] DifferenceRow counted from 1
---@operator len: integer
local Difference = {}


---Samples with labels, cut into batches.
---@class Dataset
---@field count integer number of samples
---@field batch_size integer samples a batch
---@field inputs table<string, Tensor> all samples, by input
---@field labels Tensor? all labels; nil when there are none
---@field classes string[]? names of the classes that labels are indices of, from 0; nil if there are none
---@field digest string a 16-digit digest of the samples and their order
---@operator len: integer
local Dataset = {}

---Iterate over the samples in batches.
---```lua
---for batch in data:batches(64) do print(batch.count) end
---```
---@param size? integer samples per batch; by default that of the dataset
---@return fun(): Batch? # an iterator over batches with the fields inputs, labels, count
function Dataset:batches(size) end

---The same samples in an order determined by the seed.
---```lua
---for batch in data:shuffled(1):batches(64) do print(batch.count) end
---```
---@param seed integer of the order
---@return Dataset # a Dataset
function Dataset:shuffled(seed) end

---What an evaluation measured.
---@class Result
---@field samples integer number of samples
---@field seconds number time inside predictions
---@field samples_per_second number samples over seconds
---@field metrics table<string, number> values by name
---@field intervals table<string, number[]> 95 % intervals {low, high} by name, for proportions
---@field accuracy number? share of samples with argmax(scores) = label; the first of equal scores counts, NaN is a miss; nil when it was not measured
---@field top5 number? share of samples whose label has fewer than five classes of higher score (equals by index); nil when it was not measured
---@field mse number? mean of (candidate - reference)² over all elements of all compared outputs; nil when it was not measured
---@field mae number? mean of |candidate - reference| over all elements of all compared outputs; nil when it was not measured
---@field snr_db number? 10 log₁₀(Σ reference² / Σ (candidate - reference)²) over all elements of all compared outputs; nil when it was not measured
---@field psnr_db number? 10 log₁₀(max reference² / mean (candidate - reference)²) over all elements of all compared outputs; nil when it was not measured
---@field cosine number? mean over samples of a·b / (|a| |b|), a and b all compared outputs of the sample; 1 when both are zero, 0 when one is; nil when it was not measured
---@field agreement number? share of samples with argmax(candidate) = argmax(baseline); NaN never agrees; nil when it was not measured
---@field kl number? mean over samples of Σ p ln(p / q), p the baseline's class probabilities, q the candidate's; logits go through softmax, probabilities are raised to 2⁻²⁴ (the least float16) and normalized; nil when it was not measured
local Result = {}


---Models side by side: a sequence of rows, the baseline first, then by size.
---@class Report
---@field samples integer number of samples that each model was evaluated on
---@field columns string[] column names for plot, pareto and best
---@field missing string[] names of the models that are missing because of an interrupt; empty for a complete report
---@field remark string? a description of what is missing because of an interrupt; nil for a complete report
---@field [integer] Row counted from 1
---@operator len: integer
local Report = {}

---Plot two columns with baseline, tolerance, Pareto front and 95 % intervals.
---```lua
---report:plot{ max_drop = 0.01 }
---```
---@param options? TradeOffOptions named options
function Report:plot(options) end

---The Pareto-optimal rows for two columns.
---@param options? ParetoOptions named options
---@return Row[] # a sequence of rows
function Report:pareto(options) end

---The smallest row within a maximum loss relative to the baseline, or within limits.
---```lua
---report:best{ max_drop = 0.01 }.model:save("small.mlpackage")
---```
---@param options? BestOptions named options
---@return Row? # a row, or nil
function Report:best(options) end

---Print the table, optionally complete or sorted.
---```lua
---report:print{ sort = "size" }
---```
---@param options? ComparisonPrintOptions named options
function Report:print(options) end

---Write the rows as CSV.
---@param path string the file; replaced
function Report:to_csv(path) end

---Write the rows as JSON.
---@param path string the file; replaced
function Report:to_json(path) end

---Write a self-contained HTML page with charts, a sortable table, recipes with their effect on each weight, interfaces, data and machine.
---```lua
---report:to_html(os.tmpname(), { max_drop = 0.01 })
---```
---@param path string the file; replaced
---@param options? PageOptions named options
function Report:to_html(path, options) end

---One model of a comparison.
---@class Row
---@field name string its name
---@field model Model? the Model
---@field size integer bytes of its weights on disk
---@field ratio number? the baseline's size divided by its own
---@field latency number? median seconds of a prediction
---@field is_baseline boolean whether it is the baseline
---@field metrics table<string, number> values by name
---@field intervals table<string, number[]> 95 % intervals {low, high} by name, for proportions
---@field accuracy number? share of samples with argmax(scores) = label; the first of equal scores counts, NaN is a miss; nil when it was not measured
---@field top5 number? share of samples whose label has fewer than five classes of higher score (equals by index); nil when it was not measured
---@field mse number? mean of (candidate - reference)² over all elements of all compared outputs; nil when it was not measured
---@field mae number? mean of |candidate - reference| over all elements of all compared outputs; nil when it was not measured
---@field snr_db number? 10 log₁₀(Σ reference² / Σ (candidate - reference)²) over all elements of all compared outputs; nil when it was not measured
---@field psnr_db number? 10 log₁₀(max reference² / mean (candidate - reference)²) over all elements of all compared outputs; nil when it was not measured
---@field cosine number? mean over samples of a·b / (|a| |b|), a and b all compared outputs of the sample; 1 when both are zero, 0 when one is; nil when it was not measured
---@field agreement number? share of samples with argmax(candidate) = argmax(baseline); NaN never agrees; nil when it was not measured
---@field kl number? mean over samples of Σ p ln(p / q), p the baseline's class probabilities, q the candidate's; logits go through softmax, probabilities are raised to 2⁻²⁴ (the least float16) and normalized; nil when it was not measured
local Row = {}


---A model that is being trained, and compressed while it is.
---@class Trainer
---@field steps integer optimizer steps done
---@field lr number the learning rate of the next step
---@field loss number? of the last batch; nil before the first
---@field parameters string[] names of what is trained
---@field model Model the model as it is now, its weights plain but with the values that finalize() would store
local Trainer = {}

---Train on a batch.
---```lua
---local t = wane.trainer(model, { lr = 1e-4 })
---for batch in data:batches(64) do local loss = t:step(batch) end
---print(t.steps)  --> 7
---```
---@param batch table a batch of a Dataset, or { inputs = { name = Tensor or Images }, labels = Tensor }
---@return number # the loss before the step
function Trainer:step(batch) end

---The trained model, with weights encoded by the compression methods.
---```lua
---local same = wane.trainer(model, { lr = 1e-4 }):finalize()
---```
---@return Model # a Model
function Trainer:finalize() end

---What the methods have done so far, weight by weight.
---@return TrainingReport # a TrainingReport
function Trainer:report() end

---Set the smallest weights to zero during training, with increasing sparsity. Before the first step.
---```lua
---local t = wane.trainer(model, { lr = 1e-4 }):prune{}
---```
---@param options? TrainingPruneOptions|string named options; or the path or text of a YAML or JSON file of coremltools.optimize.torch
---@return Trainer # the Trainer itself
function Trainer:prune(options) end

---Learn small tables of values for the weights by differentiable k-means. Before the first step.
---```lua
---local t = wane.trainer(model, { lr = 1e-4 }):palettize{}
---```
---@param options? TrainingPalettizeOptions|string named options; or the path or text of a YAML or JSON file of coremltools.optimize.torch
---@return Trainer # the Trainer itself
function Trainer:palettize(options) end

---Train with weights and activations rounded to their codes. Before the first step.
---```lua
---local t = wane.trainer(model, { lr = 1e-4 }):quantize{}
---```
---@param options? TrainingQuantizeOptions|string named options; or the path or text of a YAML or JSON file of coremltools.optimize.torch
---@return Trainer # the Trainer itself
function Trainer:quantize(options) end

---Learn from a dataset, epoch after epoch.
---```lua
---local t = wane.trainer(model, { lr = 1e-4 })
---print(#t:fit(data, { epochs = 2, batch_size = 64, validation = data }))  --> 2
---```
---@param data Dataset the samples
---@param options? FitOptions named options
---@return FitHistory # a FitHistory
function Trainer:fit(data, options) end

---Save the run, so that wane.resume goes on with the same bits. An old file is replaced when the new one is whole.
---```lua
---wane.trainer(model, { lr = 1e-4 }):save_checkpoint(os.tmpname())
---```
---@param path string the file
function Trainer:save_checkpoint(path) end

---The epochs of a fit: a sequence.
---@class FitHistory
---@field best integer? number of the best epoch among these, counted from 1
---@field last Epoch? the last epoch
---@field [integer] Epoch counted from 1
---@operator len: integer
local FitHistory = {}


---What methods have done to weights so far.
---@class TrainingReport
---@field sparsity number? share of zeros in all pruned weights; nil without pruning
---@field skipped table<string, string>[] weights left alone, each { method, weight, reason }
---@field [integer] TrainingReportEntry counted from 1
---@operator len: integer
local TrainingReport = {}

---Print the report, optionally complete or sorted.
---```lua
---wane.trainer(model):report():print{ all = true, sort = "error" }
---```
---@param options? TrainingPrintOptions named options
function TrainingReport:print(options) end

---A layer of a network. Inside a function for wane.nn.custom it can be called with a Value, to which it is applied.
---@class Layer
local Layer = {}


---Writes the operations of a layer or loss of one's own: any operator of MIL, by its name.
---@class Graph
local Graph = {}

---Emit an operation with the parameters listed in docs/operators.md.
---```lua
---local swish = wane.nn.custom(function(g, x) return x * g:op("sigmoid", { x = x }) end)
---print(wane.nn.model(swish, { inputs = { x = { 4 } } }).outputs[1].name)  --> output
---```
---@param type string name of the operator
---@param parameters table Values, numbers, strings, booleans, tables of numbers or Values, Tensors
---@param name? string name of the value; by default that of the operator
---@return any # a Value for each output
function Graph:op(type, parameters, name) end

---A constant.
---@param tensor Tensor|table|number a Tensor or table of numbers
---@return Value # a Value
function Graph:constant(tensor) end

---A trainable constant.
---@param shape integer[] its extents
---@param init? "default"|"xavier_uniform"|"xavier_normal"|"kaiming_uniform"|"kaiming_normal"|"normal"|"zeros"|"ones" its initialization
---@param name? string its name
---@return Value # a Value
function Graph:weight(shape, init, name) end

---A value of a network or loss that is being written: arithmetic on it writes operations.
---@class Value
---@field name string its name in the program
---@field shape integer[] its extents; -1 where they are open
---@field dtype string its element type
local Value = {}


---What a failed call raises; `tostring(err)` is the sentence.
---@class Error
---@field kind string one of: usage not_found format unsupported io memory internal
---@field message string what went wrong
---@field hint string? what to try, or nil
---@field where string the script line that called, e.g. "script.lua:12:", or ""
local Error = {}


---Shrinks Core ML models and says what the shrinking cost.
wane = {}

---Load an .mlpackage. Its weights are memory-mapped.
---```lua
---local model = wane.load("examples/digits_cnn.mlpackage")
---```
---@param path string the package
---@param options? LoadOptions named options
---@return Model # a Model
function wane.load(path, options) end

---Parse command-line options, which are declared by their defaults.
---```lua
---local opt = wane.options{ model = "examples/digits_cnn.mlpackage", limit = { 2000, "most samples" }, verbose = false }
---print(opt.limit)  --> 2000
---```
---@param defaults table a string, number or boolean by name, or { default, description }
---@return table # a table of values by name; its sequence contains the other arguments
function wane.options(defaults) end

---Seconds on a monotonic clock. The difference of two calls is the elapsed time.
---```lua
---local start = wane.clock()
---local small = model:palettize{ nbits = 4 }
---print(("%.3f s"):format(wane.clock() - start))
---```
---@return number # a number
function wane.clock() end

---A sequence of compression steps: from coremltools' YAML or JSON, from a table, or from the history of a model.
---```lua
---local recipe = wane.recipe{ { "quantize", dtype = "int8" } }
---```
---@param source Step[]|Recipe|Model|string|table a path, a text, a Model, coremltools' table, or a sequence of steps such as { "prune", … }
---@return Recipe # a Recipe
function wane.recipe(source) end

---What differs between two models: target, interface, operators, weights.
---@param a Model a Model
---@param b Model a Model
---@return Difference # a Difference, a sequence of rows; #diff is 0 when nothing differs
function wane.diff(a, b) end

---A tensor from nested tables of numbers, or from its shape, dtype and elements.
---```lua
---print(wane.tensor{ shape = {2, 2}, dtype = "int32", data = {1, 2, 3, 4} }:at{ 1, 1 })  --> 4
---```
---@param values? any nested tables of numbers, or { shape =, dtype =, data = } with all elements in one sequence
---@return Tensor # a Tensor, float32 unless dtype says otherwise
function wane.tensor(values) end

---A tensor of zeros.
---```lua
---print(wane.zeros({2, 3}).count)  --> 6
---```
---@param shape integer[] extents
---@param dtype? "float16"|"float32"|"float64"|"int8"|"uint8"|"int16"|"uint16"|"int32"|"int64"|"bool" element type
---@return Tensor # a Tensor
function wane.zeros(shape, dtype) end

---A tensor of normally distributed numbers (mean 0, deviation 1).
---```lua
---print(wane.random({4}, { seed = 7 }) == wane.random({4}, { seed = 7 }))  --> true
---```
---@param shape integer[] extents
---@param options? RandomOptions named options
---@return Tensor # a Tensor
function wane.random(shape, options) end

---Read a NumPy array.
---@param path string an .npy file
---@return Tensor # a Tensor
function wane.load_npy(path) end

---Write a NumPy array.
---@param path string an .npy file; replaced
---@param tensor Tensor|table|number what to write
function wane.save_npy(path, tensor) end

---Read all arrays of a NumPy archive.
---@param path string an .npz file
---@return table<string, Tensor> # a table of Tensors by name
function wane.load_npz(path) end

---Write a NumPy archive. Strings and lists of strings become text arrays, numbers by name two arrays, NAME and NAME_labels.
---@param path string an .npz file; replaced
---@param arrays table<string, Tensor|table|number|string> a table of Tensors by name
function wane.save_npz(path, arrays) end

---Read a PNG or JPEG image.
---@param path string the file
---@return Image # an Image
function wane.load_image(path) end

---Create a data set from Tensors, an .npz or .npy file, or a folder. Options that do not apply to the source are errors.
---```lua
---local digits = wane.load_npz("examples/digits.npz")
---local data = wane.dataset{ inputs = { image = digits.test_x:scale(1 / 16):reshape{ -1, 1, 8, 8 } }, labels = digits.test_y }
---print(data.count)  --> 397
---```
---@param source string|DatasetOptions a path, or the options
---@param options? DatasetOptions named options
---@return Dataset # a Dataset
function wane.dataset(source, options) end

---Evaluate several models on the same data and compare them.
---```lua
---print(wane.compare({ int8 = model:quantize{}, pal4 = model:palettize{ nbits = 4 } }, data, { baseline = model }))
---```
---@param candidates table a sequence of { name =, model = }, or a table of models by name
---@param data Dataset a Dataset
---@param options? CompareOptions named options
---@return Report # a Report
function wane.compare(candidates, data, options) end

---Plot rows of data as points, a line, bars, or a heat map of two parameters.
---```lua
---local rows = {}
---for _, nbits in ipairs{ 2, 4, 6 } do
---  for _, group_size in ipairs{ 4, 8 } do
---    local small = model:palettize{
---      nbits = nbits, granularity = "per_grouped_channel", group_size = group_size, weight_threshold = 512,
---    }
---    local result = small:evaluate(data, { baseline = model, metrics = { "snr_db" } })
---    rows[#rows + 1] = { nbits = nbits, group_size = group_size, snr_db = result.snr_db }
---  end
---end
---wane.plot(rows, { x = "nbits", y = "group_size", value = "snr_db" })
---```
---@param rows? any a sequence of tables or other values with fields, such as a Report
---@param options PlotOptions named options
function wane.plot(rows, options) end

---Train a model, optionally with compression.
---```lua
---local t = wane.trainer(model, { loss = "cross_entropy", optimizer = "adamw", lr = 1e-3 })
---```
---@param model Model what to train
---@param options? TrainerOptions named options
---@return Trainer # a Trainer
function wane.trainer(model, options) end

---Go on with a run that was saved by t:save_checkpoint.
---@param path string the checkpoint
---@param options? ResumeOptions named options
---@return Trainer # a Trainer
function wane.resume(path, options) end

---Layers, and new models built from them.
wane.nn = {}

---y = x Wᵀ + b over the last axis.
---```lua
---local layer = wane.nn.linear{ out_features = 10 }
---```
---@param options? LinearLayerOptions named options
---@return Layer # a Layer
function wane.nn.linear(options) end

---Convolution over one axis; input [batch, channels, length].
---```lua
---local layer = wane.nn.conv1d{ out_channels = 8, kernel_size = 3 }
---```
---@param options? Conv1dLayerOptions named options
---@return Layer # a Layer
function wane.nn.conv1d(options) end

---Convolution over two axes; input [batch, channels, height, width].
---```lua
---local layer = wane.nn.conv2d{ out_channels = 8, kernel_size = 3 }
---```
---@param options? Conv2dLayerOptions named options
---@return Layer # a Layer
function wane.nn.conv2d(options) end

---Convolution over three axes; input [batch, channels, depth, height, width].
---```lua
---local layer = wane.nn.conv3d{ out_channels = 8, kernel_size = 3 }
---```
---@param options? Conv3dLayerOptions named options
---@return Layer # a Layer
function wane.nn.conv3d(options) end

---Transposed convolution over two axes; input [batch, channels, height, width].
---```lua
---local layer = wane.nn.conv_transpose{ out_channels = 8, kernel_size = 2, stride = 2 }
---```
---@param options? ConvTransposeLayerOptions named options
---@return Layer # a Layer
function wane.nn.conv_transpose(options) end

---Normalizes each channel over batch and spatial axes; input [batch, channels, …].
---```lua
---local layer = wane.nn.batch_norm{}
---```
---@param options? BatchNormLayerOptions named options
---@return Layer # a Layer
function wane.nn.batch_norm(options) end

---Normalizes over the last axis, or the last few.
---```lua
---local layer = wane.nn.layer_norm{}
---```
---@param options? LayerNormLayerOptions named options
---@return Layer # a Layer
function wane.nn.layer_norm(options) end

---A row of a trainable table for each index.
---```lua
---local layer = wane.nn.embedding{ num_embeddings = 1000, embedding_dim = 32 }
---```
---@param options? EmbeddingLayerOptions named options
---@return Layer # a Layer
function wane.nn.embedding(options) end

---Long short-term memory over [batch, time, features].
---```lua
---local layer = wane.nn.lstm{ hidden_size = 32 }
---```
---@param options? LstmLayerOptions named options
---@return Layer # a Layer
function wane.nn.lstm(options) end

---Gated recurrent unit over [batch, time, features].
---```lua
---local layer = wane.nn.gru{ hidden_size = 32 }
---```
---@param options? GruLayerOptions named options
---@return Layer # a Layer
function wane.nn.gru(options) end

---Multi-head self-attention over [batch, time, features].
---```lua
---local layer = wane.nn.multi_head_attention{ num_heads = 4 }
---```
---@param options? MultiHeadAttentionLayerOptions named options
---@return Layer # a Layer
function wane.nn.multi_head_attention(options) end

---During training, sets a fraction of the elements to zero and scales the others up; otherwise it has no effect.
---```lua
---local layer = wane.nn.dropout{ p = 0.2 }
---```
---@param options? DropoutLayerOptions named options
---@return Layer # a Layer
function wane.nn.dropout(options) end

---The largest value of each window.
---```lua
---local layer = wane.nn.max_pool{ kernel_size = 2 }
---```
---@param options? MaxPoolLayerOptions named options
---@return Layer # a Layer
function wane.nn.max_pool(options) end

---The mean of each window.
---```lua
---local layer = wane.nn.avg_pool{ kernel_size = 2 }
---```
---@param options? AvgPoolLayerOptions named options
---@return Layer # a Layer
function wane.nn.avg_pool(options) end

---The mean over all axes after the channels: [batch, channels].
---```lua
---local layer = wane.nn.global_avg_pool{}
---```
---@param options? GlobalAvgPoolLayerOptions named options
---@return Layer # a Layer
function wane.nn.global_avg_pool(options) end

---Flattens all axes after the batch axis.
---```lua
---local layer = wane.nn.flatten{}
---```
---@param options? FlattenLayerOptions named options
---@return Layer # a Layer
function wane.nn.flatten(options) end

---Reshapes the axes after the batch axis.
---```lua
---local layer = wane.nn.reshape{ shape = { 1, 8, 8 } }
---```
---@param options? ReshapeLayerOptions named options
---@return Layer # a Layer
function wane.nn.reshape(options) end

---max(x, 0)
---```lua
---local layer = wane.nn.relu{}
---```
---@param options? ReluLayerOptions named options
---@return Layer # a Layer
function wane.nn.relu(options) end

---x Φ(x), with the normal distribution's Φ
---```lua
---local layer = wane.nn.gelu{}
---```
---@param options? GeluLayerOptions named options
---@return Layer # a Layer
function wane.nn.gelu(options) end

---1 / (1 + exp(-x))
---```lua
---local layer = wane.nn.sigmoid{}
---```
---@param options? SigmoidLayerOptions named options
---@return Layer # a Layer
function wane.nn.sigmoid(options) end

---tanh(x)
---```lua
---local layer = wane.nn.tanh{}
---```
---@param options? TanhLayerOptions named options
---@return Layer # a Layer
function wane.nn.tanh(options) end

---x sigmoid(x)
---```lua
---local layer = wane.nn.silu{}
---```
---@param options? SiluLayerOptions named options
---@return Layer # a Layer
function wane.nn.silu(options) end

---x if it is positive, else alpha x
---```lua
---local layer = wane.nn.leaky_relu{}
---```
---@param options? LeakyReluLayerOptions named options
---@return Layer # a Layer
function wane.nn.leaky_relu(options) end

---exp(x) divided by its sum along the last axis
---```lua
---local layer = wane.nn.softmax{}
---```
---@param options? SoftmaxLayerOptions named options
---@return Layer # a Layer
function wane.nn.softmax(options) end

---A sequence of layers.
---```lua
---local net = wane.nn.sequential{ wane.nn.linear{ out_features = 8 }, "relu" }
---```
---@param layers table Layers, names of layers without options, or functions(graph, value)
---@return Layer # a Layer
function wane.nn.sequential(layers) end

---A residual block: x plus the output of layers for x; shortcut = a layer for x itself.
---```lua
---local block = wane.nn.residual{ wane.nn.conv2d{ out_channels = 8, kernel_size = 3, padding = "same" }, "relu" }
---```
---@param layers table as of sequential
---@return Layer # a Layer
function wane.nn.residual(layers) end

---A layer defined by a function.
---```lua
---local double = wane.nn.custom(function(g, x) return x * 2 end)
---```
---@param function_ function a function of a Graph and a Value that returns a Value
---@return Layer # a Layer
function wane.nn.custom(function_) end

---Create a new model.
---```lua
---local net = wane.nn.sequential{ "flatten", wane.nn.linear{ out_features = 10 }, "softmax" }
---local fresh = wane.nn.model(net, { inputs = { image = { 1, 8, 8 } }, outputs = { "probabilities" } })
---print(fresh:predict{ image = wane.zeros{ 2, 1, 8, 8 } }.probabilities.shape[2])  --> 10
----- A function instead: several inputs and outputs, layers called with Values, any operator of MIL by g:op.
---local two = wane.nn.model(function(g, inputs)
---  local x = wane.nn.linear{ out_features = 8 }(inputs.a)
---  local gate = g:op("sigmoid", { x = wane.nn.linear{ out_features = 8 }(inputs.b) })
---  return { gated = x * gate, gate = gate }
---end, { inputs = { a = { 4 }, b = { 6 } } })
---print(two:predict{ a = wane.zeros{ 3, 4 }, b = wane.zeros{ 3, 6 } }.gated.shape[2])  --> 8
---```
---@param network? any a Layer; or a function of a Graph and a table of Values, that returns a Value or a table of them by name
---@param options NetworkModelOptions named options
---@return Model # a Model
function wane.nn.model(network, options) end

---Shows what is known about a function, method, class, module, option or value.
---```lua
---help "quantize"
---```
---@param topic? any a value, or a name such as "quantize"; none for an overview
---@param options? HelpOptions named options
function help(topic, options) end

---Calls a function, prints the elapsed time, and returns its results.
---```lua
---time(model.predict, model, inputs)
---```
---@param f function the function
---@param ... any its arguments
---@return any # the results of the function
function time(f, ...) end

---Shows a value as the prompt does, but more of it.
---```lua
---pp({ 1, { 2, { 3 } } }, { depth = 2 })
---```
---@param value? any what to show
---@param options? PrintOptions named options
function pp(value, options) end

---Lists the variables of this session with their types and memory use.
---```lua
---who()
---```
function who() end
