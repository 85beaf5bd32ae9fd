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
---@field weights? "auto"|"dense"|"packed" how they are kept while running, which changes no result beyond the rounding of 32 bits: dense in 32 bits, packed as they are stored, or auto: packed for a single row and from 512 MB on, with states from 32 MB on (default "auto")
---@field threads? integer number of threads; by default one per core
---@field cache? string a folder in which weights in the layouts of kernels are kept, so that the next process maps them instead of packing them again; one file for each program, instruction set and version

---@class ConvertOptions
---@field target? "iOS15"|"iOS16"|"iOS17"|"iOS18" the oldest system that runs it (default "iOS18")
---@field precision? "float16"|"float32"|function of the program's floats; a function is called with every operation and returns true for float16 (default "float16")
---@field dims? table sizes by the names that the file has for them: an integer, or a range { 1, 512, default = 64 }
---@field inputs? table for inputs by name: { shape = { 1, 3, { 64, 512 }, 224 }, dtype =, enumerated = { … }, as = "newname" }, or an image: { kind = "image", color = "RGB", scale = 1/255, bias = { … } }
---@field constants? table<string, Tensor|table|number> inputs with a fixed value, which disappear
---@field outputs? table names of the values to return, or a table from new names to names; what only others need is left out
---@field states? any what is kept between predictions: true for buffers that the module changes, false for none, or pairs of an input and the output with its next content, such as { { "past.*.key", "present.*.key" } }; by default true
---@field classes? any labels of a classifier: a list, or a text file with one label a line
---@field probabilities? string the output with the classes' probabilities; by default the last one
---@field attention? "fused"|"written" fused: one operation from iOS18 on; written: products and a softmax (default "fused")
---@field indices? "trusted"|"checked" checked guards inputs that are indices against negative values (default "trusted")
---@field trainable? boolean keep batch norms apart, so that they can be trained (default false)
---@field program? string which of several programs of a .pt2 file
---@field dry_run? boolean return the report only: what every operator becomes, and what is unsupported (default false)
---@field check? table known results that the model is compared with: { inputs = "in.npz", outputs = "out.npz", atol =, rtol = }; tables of Tensors do too

---@class RandomOptions
---@field seed? integer seed of the random numbers (default 0)
---@field dtype? "float16"|"float32"|"float64" element type (default "float32")

---@class RangeOptions
---@field dtype? "float16"|"float32"|"float64"|"int8"|"uint8"|"int16"|"uint16"|"int32"|"int64"|"bool"|"uint1"|"uint2"|"uint3"|"uint4"|"uint6"|"int4" element type; by default int64 for integers, else float32

---@class LinspaceOptions
---@field dtype? "float16"|"float32"|"float64"|"int8"|"uint8"|"int16"|"uint16"|"int32"|"int64"|"bool"|"uint1"|"uint2"|"uint3"|"uint4"|"uint6"|"int4" element type (default "float32")

---@class UniformOptions
---@field low? number the smallest number (default 0)
---@field high? number what all numbers are below (default 1)
---@field seed? integer seed of the random numbers (default 0)
---@field dtype? "float16"|"float32"|"float64"|"int8"|"uint8"|"int16"|"uint16"|"int32"|"int64"|"bool"|"uint1"|"uint2"|"uint3"|"uint4"|"uint6"|"int4" element type; integers are drawn for an integer type (default "float32")

---@class PermutationOptions
---@field seed? integer seed of the random numbers (default 0)

---@class LoadImageOptions
---@field orient? boolean turn it as the EXIF data of the camera say (default false)

---@class LoadAudioOptions
---@field rate? integer samples a second, to which it is converted with the filter of scipy.signal.resample_poly
---@field mono? boolean the mean of the channels (default false)

---@class CSVLoadOptions
---@field header? boolean the first line has the names of columns, by which the rows are read (default true)
---@field numbers? boolean fields that are numbers become numbers, all others stay strings (default true)
---@field delimiter? string one character between fields (default ",")

---@class SaveSafetensorsOptions
---@field metadata? table<string, string> free text by key

---@class DatasetOptions
---@field inputs? table Tensors by input; with a file of arrays, the file's array for each input
---@field labels? any a Tensor or sequence of class ids, or a sequence of class names; the name of an array or column of the file; of a folder of pictures or sounds "folders" or a .csv file (file, label), which also lists the samples
---@field batch_size? integer samples a batch (default 32)
---@field limit? integer maximum number of samples
---@field shuffle? boolean shuffle the samples (default false)
---@field seed? integer seed of the order; only with shuffle (default 0)
---@field scale? number with arrays and pictures: factor for every input, which converts it to float32
---@field classes? any names of the classes that labels count from 0: a sequence, or a text file with one a line; by default the sorted names that occur
---@field input? string the name of the only input; by default image of pictures, audio of sounds, x of CSV, input_ids of text
---@field resize? number|number[] with pictures: pixels of the shorter side, or {width, height}; linear interpolation as in Pillow
---@field image_size? integer[] with pictures: {width, height}; the same as resize
---@field crop? number|number[] with pictures, after resize: pixels of the square in the middle that is kept, or {width, height}
---@field layout? "gray"|"rgb"|"bgr" with pictures: the order of channels; by default gray if all pictures are gray, else rgb
---@field orient? boolean with pictures: turn them as the EXIF data of the camera say; false by default, as in Pillow
---@field mean? number|number[] with pictures, after scale: a number to subtract, or one for each channel in the order of layout
---@field std? number|number[] with pictures, after mean: a number to divide by, or one for each channel in the order of layout
---@field rate? integer with sounds: samples a second, to which all are converted
---@field seconds? number with sounds: length of the windows that sounds are cut into; by default whole sounds of equal length
---@field mono? boolean with sounds: the mean of the channels, by default; false gives samples of the shape {channels, frames}
---@field columns? any with CSV: names of the columns of one input, or by input a name or several; by default all but the labels
---@field delimiter? string with CSV: one character between fields; by default a comma, of .tsv a tab
---@field text? any a path of a text file, or a sequence of texts, which become windows of token ids
---@field tokenizer? Tokenizer with text: the tokenizer
---@field length? integer with text: ids in a window; 512 by default
---@field stride? number ids (of text) or seconds (of sounds) between the starts of windows, by default their length; less gives later windows of text context
---@field pad? boolean with text and sounds: fill up the last window, by default; false leaves a shorter one out
---@field count? integer with a function: the number of samples
---@field transform? function with pictures and sounds: a function that is given each as a Tensor and returns one

---@class TokenizerOptions
---@field lowercase? boolean with vocab.txt: whether texts are lowercased and accents stripped; by default unless a token has an uppercase letter

---@class TechniqueOptions
---@field name string its name as a step
---@field doc? string what it does, in one line, for help and reports (default "")
---@field options? table<string, any> by name { default, "description" }, or the default alone; the default's type is the option's. Also choices = {…}, min =, max =
---@field needs? string[] statistics of the data that it reads from context.statistics
---@field compress function a function of the Weight, the options and the WeightContext that returns an Encoded, a Tensor, or nil and the reason

---@class CompareOptions
---@field baseline? any the Model, or the name of the candidate, that the others are compared with; by default the first of a sequence
---@field metrics? "accuracy"|"top5"|"mse"|"mae"|"snr_db"|"psnr_db"|"cosine"|"agreement"|"kl"|"f1"|"auc"|"iou"|"confusion"|"perplexity"|"pearson"|"spearman"|"wer"|"ece"|function|table names; functions(outputs, batch) that return a number, the higher the better; { name =, fn = function, better = "lower" }; or, for values of the whole data set, { name =, update = function(state, outputs, batch), finish = function(state), better = }
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
---@field parameters? string[] Lua patterns for names of the constants that are trained; by default the weights, biases, scales and tables of layers, as print(t) lists them
---@field frozen? string[] Lua patterns for names of weights that are not trained
---@field norms? "none"|"restore"|any "restore": put batch norms back behind the layers that they were folded into, with statistics of the data, until finalize(); or { type = "restore", data = a Dataset, samples = 2048 }; by default "none"
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

---@class RmsNormLayerOptions
---@field eps? number added to the mean square (default 1e-05)

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
---@field num_key_value_heads? integer heads of keys and values, each of which serves as many queries; by default num_heads
---@field rope? boolean whether queries and keys are rotated by their positions, as by the layer rope (default false)
---@field rope_theta? number base of the rotation's wavelengths (default 10000.0)
---@field init? "default"|"xavier_uniform"|"xavier_normal"|"kaiming_uniform"|"kaiming_normal"|"normal"|"zeros"|"ones" initialization of the projections (default "xavier_uniform")

---@class RopeLayerOptions
---@field theta? number base of the wavelengths (default 10000.0)

---@class SwigluLayerOptions
---@field hidden_features? integer features of the product
---@field bias? boolean whether the projections add a bias (default false)
---@field init? "default"|"xavier_uniform"|"xavier_normal"|"kaiming_uniform"|"kaiming_normal"|"normal"|"zeros"|"ones" initialization of the weights (default "default")

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

---@class EncodeQuantizedOptions
---@field kind? "quantized" of weight.stored
---@field codes Encoded|Tensor|table|number whole numbers; or an Encoded that decodes to them, or to floats
---@field scale Encoded|Tensor|table|number one number; one for each index or block of axis; or a tensor with an axis for each of codes
---@field offset? Encoded|Tensor|table|number as scale: the code that stands for zero; by default 0
---@field axis? integer the axis along which scale and offset lie if they have one axis; by default 0
---@field dtype? "int4"|"uint4"|"int8"|"uint8" element type of the codes; by default that of codes, or the narrowest that holds them

---@class EncodePalettizedOptions
---@field kind? "palettized" of weight.stored
---@field indices Encoded|Tensor|table|number positions in the table, from 0, for each element or vector
---@field lut Encoded|Tensor|table|number the table: entries; entries × vector size with vector_axis; with axis one of those for each group; or the form of files, the number of tables along each axis, entries, vector size; or an Encoded (quantized)
---@field vector_axis? integer the axis along which the vectors of the table lie
---@field axis? integer the axis along which there are several tables

---@class EncodeSparseOptions
---@field kind? "sparse" of weight.stored
---@field mask? Encoded|Tensor|table|number one where a value is stored; by default where values are not zero
---@field values Encoded|Tensor|table|number the stored values in order; or a Tensor or Encoded of the weight's shape

---@class EncodeCastOptions
---@field kind? "cast" of weight.stored
---@field values Encoded|Tensor|table|number a float16 Tensor

---@class SVDOptions
---@field full_matrices? boolean square u and vt; otherwise with as many columns and rows as there are values (default false)

---@class AbsInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class AcosInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class AddInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field y Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class AffineInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field transform_matrix Tensor|table|number float16, float32, the same as other inputs [T]
---@field output_height Tensor|table|number int32
---@field output_width Tensor|table|number int32
---@field sampling_mode string string
---@field padding_mode string string
---@field padding_value Tensor|table|number float16, float32, the same as other inputs [T]
---@field coordinates_mode string string
---@field align_corners Tensor|table|boolean bool

---@class ArgsortInputs
---@field x Tensor|table|number int32, float16, float32
---@field axis? Tensor|table|number int32 (default -1)
---@field ascending? Tensor|table|boolean bool (default false)

---@class AsinInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class AtanInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class AtanhInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class AvgPoolInputs
---@field x Tensor|table|number float16, float32
---@field kernel_sizes Tensor|table|number int32
---@field strides? Tensor|table|number int32
---@field pad_type? string string (default "valid")
---@field pad? Tensor|table|number int32
---@field ceil_mode? Tensor|table|boolean bool (default false)
---@field exclude_padding_from_average? Tensor|table|boolean bool (default false)

---@class BandPartInputs
---@field x Tensor|table|number|boolean bool, int32, float16, float32
---@field lower? Tensor|table|number int32 (default -1)
---@field upper? Tensor|table|number int32 (default -1)

---@class BatchNormInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field mean Tensor|table|number float16, float32, the same as other inputs [U]
---@field variance Tensor|table|number float16, float32, the same as other inputs [U]
---@field gamma? Tensor|table|number float16, float32, the same as other inputs [U]
---@field beta? Tensor|table|number float16, float32, the same as other inputs [U]
---@field epsilon? Tensor|table|number float16, float32, the same as other inputs [U] (default 1e-05)

---@class BatchToSpaceInputs
---@field x Tensor|table|number float16, float32
---@field block_shape Tensor|table|number int32
---@field crops Tensor|table|number int32

---@class CastInputs
---@field x Tensor|table|number|boolean bool, uint8, uint16, int8, int16, int32, float16, float32
---@field dtype string string

---@class CeilInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class ClampedReluInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field alpha Tensor|table|number float16, float32, the same as other inputs [U]
---@field beta Tensor|table|number float16, float32, the same as other inputs [U]

---@class ClipInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field alpha Tensor|table|number float16, float32, the same as other inputs [T]
---@field beta Tensor|table|number float16, float32, the same as other inputs [T]

---@class ConcatInputs
---@field values Tensor[] bool, uint1, uint2, uint3, uint4, uint6, int4, uint8, uint16, uint32, int8, int16, int32, float16, float32, the same as other inputs [T]; several
---@field axis Tensor|table|number int32
---@field interleave? Tensor|table|boolean bool (default false)

---@class ConstexprAffineDequantizeInputs
---@field quantized_data Tensor|table|number uint8, int8
---@field zero_point Tensor|table|number uint8, int8, float32
---@field scale Tensor|table|number float16, float32
---@field axis Tensor|table|number int32

---@class ConstexprBlockwiseShiftScaleInputs
---@field data Tensor|table|number uint4, int4, uint8, int8, float16, float32
---@field scale Tensor|table|number float16, float32
---@field offset? Tensor|table|number uint4, int4, uint8, int8, float16, float32

---@class ConstexprCastInputs
---@field source_val Tensor|table|number float16
---@field output_dtype string string

---@class ConstexprLutToDenseInputs
---@field indices Tensor|table|number uint1, uint2, uint3, uint4, uint6, uint8
---@field lut Tensor|table|number uint8, int8, float16, float32
---@field shape? Tensor|table|number uint32
---@field vector_axis? Tensor|table|number int32

---@class ConstexprLutToSparseInputs
---@field indices_mask Tensor|table|number uint1
---@field indices_nonzero_data Tensor|table|number uint1, uint2, uint3, uint4, uint6, uint8
---@field lut Tensor|table|number uint8, int8, float16, float32
---@field vector_axis? Tensor|table|number int32

---@class ConstexprSparseBlockwiseShiftScaleInputs
---@field data_mask Tensor|table|number uint1
---@field nonzero_data Tensor|table|number uint4, int4, uint8, int8, float16, float32
---@field scale Tensor|table|number float16, float32
---@field offset? Tensor|table|number uint4, int4, uint8, int8, float16, float32

---@class ConstexprSparseToDenseInputs
---@field nonzero_data Tensor|table|number uint4, int4, uint8, int8, float16, float32
---@field mask Tensor|table|number uint1, uint8
---@field shape? Tensor|table|number uint32

---@class ConvInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field weight Tensor|table|number float16, float32, the same as other inputs [T]
---@field bias? Tensor|table|number float16, float32, the same as other inputs [T]
---@field strides? Tensor|table|number int32
---@field pad_type? string string (default "valid")
---@field pad? Tensor|table|number int32
---@field dilations? Tensor|table|number int32
---@field groups? Tensor|table|number int32 (default 1)

---@class ConvTransposeInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field weight Tensor|table|number float16, float32, the same as other inputs [T]
---@field bias? Tensor|table|number float16, float32, the same as other inputs [T]
---@field strides? Tensor|table|number int32
---@field pad_type? string string (default "valid")
---@field pad? Tensor|table|number int32
---@field dilations? Tensor|table|number int32
---@field groups? Tensor|table|number int32 (default 1)
---@field output_shape? Tensor|table|number int32

---@class CosInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class CoshInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class CropInputs
---@field x Tensor|table|number float16, float32
---@field crop_height Tensor|table|number int32
---@field crop_width Tensor|table|number int32

---@class CropResizeInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field roi? Tensor|table|number float16, float32, the same as other inputs [T]
---@field boxes? Tensor|table|number uint16, float16, float32
---@field box_indices? Tensor|table|number uint16, int32
---@field target_height? Tensor|table|number int32 (default 1)
---@field target_width? Tensor|table|number int32 (default 1)
---@field normalized_coordinates? Tensor|table|boolean bool (default false)
---@field spatial_scale? Tensor|table|number float32 (default 1)
---@field box_coordinate_mode? string string (default "CORNERS_HEIGHT_FIRST")
---@field sampling_mode? string string (default "DEFAULT")
---@field pad_value? Tensor|table|number float16, float32, the same as other inputs [T] (default 0)

---@class CumsumInputs
---@field x Tensor|table|number int32, float16, float32
---@field axis? Tensor|table|number int32 (default 0)
---@field exclusive? Tensor|table|boolean bool (default false)
---@field reverse? Tensor|table|boolean bool (default false)

---@class DepthToSpaceInputs
---@field x Tensor|table|number float16, float32
---@field block_size Tensor|table|number int32

---@class DequantizeInputs
---@field input Tensor|table|number uint8, int8, the same as other inputs [S]
---@field zero_point? Tensor|table|number uint8, int8, the same as other inputs [S]
---@field scale Tensor|table|number float16, float32
---@field axis? Tensor|table|number int32

---@class EinsumInputs
---@field values Tensor[] float16, float32, the same as other inputs [T]; several
---@field equation string string

---@class EluInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field alpha Tensor|table|number float16, float32, the same as other inputs [U]

---@class EqualInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field y Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class ErfInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class ExpInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class Exp2Inputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class ExpandDimsInputs
---@field x Tensor|table|number|boolean bool, uint8, uint16, int8, int16, int32, float16, float32
---@field axes Tensor|table|number int32

---@class FillInputs
---@field shape Tensor|table|number int32
---@field value? Tensor|table|number|boolean bool, int32, float16, float32 (default 0)

---@class FillLikeInputs
---@field ref_tensor Tensor|table|number|boolean bool, int32, float16, float32
---@field value? Tensor|table|number|boolean bool, int32, float16, float32 (default 0)

---@class Flatten2dInputs
---@field x Tensor|table|number|boolean bool, int32, float16, float32
---@field axis? Tensor|table|number int32 (default 1)

---@class FloorInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class FloorDivInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field y Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class GatherInputs
---@field x Tensor|table|number uint8, uint16, int8, int16, int32, float16, float32
---@field indices Tensor|table|number uint8, uint16, int8, int16, int32
---@field axis? Tensor|table|number int32 (default 0)
---@field batch_dims? Tensor|table|number int32 (default 0)
---@field validate_indices? Tensor|table|boolean bool (default false)

---@class GatherAlongAxisInputs
---@field x Tensor|table|number uint8, uint16, int8, int16, int32, float16, float32
---@field indices Tensor|table|number uint8, uint16, int8, int16, int32
---@field axis? Tensor|table|number int32 (default 0)
---@field validate_indices? Tensor|table|boolean bool (default false)

---@class GatherNdInputs
---@field x Tensor|table|number uint8, uint16, int8, int16, int32, float16, float32
---@field indices Tensor|table|number uint8, uint16, int8, int16, int32
---@field batch_dims? Tensor|table|number int32 (default 0)
---@field validate_indices? Tensor|table|boolean bool (default false)

---@class GeluInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field mode? string string (default "EXACT")

---@class GreaterInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field y Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class GreaterEqualInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field y Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class GruInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field initial_h Tensor|table|number float16, float32, the same as other inputs [T]
---@field weight_ih Tensor|table|number float16, float32, the same as other inputs [T]
---@field weight_hh Tensor|table|number float16, float32, the same as other inputs [T]
---@field bias? Tensor|table|number float16, float32, the same as other inputs [T]
---@field direction? string string (default "forward")
---@field output_sequence? Tensor|table|boolean bool (default false)
---@field activation? string string (default "tanh")
---@field recurrent_activation? string string (default "sigmoid")
---@field reset_after? Tensor|table|boolean bool (default false)
---@field input_bias? Tensor|table|number float16, float32, the same as other inputs [T]

---@class IdentityInputs
---@field x Tensor|table|number|boolean|string bool, uint1, uint2, uint3, uint4, uint6, int4, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float16, bfloat16, float32, float64, float8e4m3fn, float8e5m2, string

---@class InstanceNormInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field gamma? Tensor|table|number float16, float32, the same as other inputs [U]
---@field beta? Tensor|table|number float16, float32, the same as other inputs [U]
---@field epsilon? Tensor|table|number float16, float32, the same as other inputs [U] (default 1e-05)

---@class InverseInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field epsilon? Tensor|table|number float16, float32, the same as other inputs [U] (default 0.0001)

---@class L2NormInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field epsilon? Tensor|table|number float16, float32, the same as other inputs [U] (default 1e-06)

---@class L2PoolInputs
---@field x Tensor|table|number float16, float32
---@field kernel_sizes Tensor|table|number int32
---@field strides? Tensor|table|number int32
---@field pad_type? string string (default "valid")
---@field pad? Tensor|table|number int32
---@field ceil_mode? Tensor|table|boolean bool (default false)

---@class LayerNormInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field axes? Tensor|table|number int32
---@field gamma? Tensor|table|number float16, float32, the same as other inputs [U]
---@field beta? Tensor|table|number float16, float32, the same as other inputs [U]
---@field epsilon? Tensor|table|number float16, float32, the same as other inputs [U] (default 1e-05)

---@class LeakyReluInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field alpha Tensor|table|number float16, float32, the same as other inputs [U]

---@class LessInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field y Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class LessEqualInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field y Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class LinearInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field weight Tensor|table|number int32, float16, float32, the same as other inputs [U]
---@field bias? Tensor|table|number int32, float16, float32, the same as other inputs [U]

---@class LinearActivationInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field alpha Tensor|table|number float16, float32, the same as other inputs [U]
---@field beta Tensor|table|number float16, float32, the same as other inputs [U]

---@class ListGatherInputs
---@field ls Tensor|table|number|boolean|string bool, uint1, uint2, uint3, uint4, uint6, int4, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float16, bfloat16, float32, float64, float8e4m3fn, float8e5m2, string
---@field indices Tensor|table|number int32

---@class ListLengthInputs
---@field ls Tensor|table|number|boolean|string bool, uint1, uint2, uint3, uint4, uint6, int4, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float16, bfloat16, float32, float64, float8e4m3fn, float8e5m2, string

---@class ListReadInputs
---@field ls Tensor|table|number|boolean|string bool, uint1, uint2, uint3, uint4, uint6, int4, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float16, bfloat16, float32, float64, float8e4m3fn, float8e5m2, string
---@field index Tensor|table|number int32

---@class ListScatterInputs
---@field ls Tensor|table|number|boolean|string bool, uint1, uint2, uint3, uint4, uint6, int4, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float16, bfloat16, float32, float64, float8e4m3fn, float8e5m2, string
---@field indices Tensor|table|number int32
---@field value Tensor|table|number|boolean bool, int32, float16, float32

---@class ListWriteInputs
---@field ls Tensor|table|number|boolean|string bool, uint1, uint2, uint3, uint4, uint6, int4, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float16, bfloat16, float32, float64, float8e4m3fn, float8e5m2, string
---@field index Tensor|table|number int32
---@field value Tensor|table|number|boolean bool, int32, float16, float32

---@class LocalResponseNormInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field size Tensor|table|number int32
---@field alpha? Tensor|table|number float16, float32, the same as other inputs [U] (default 0.0001)
---@field beta? Tensor|table|number float16, float32, the same as other inputs [U] (default 0.75)
---@field k? Tensor|table|number float16, float32, the same as other inputs [U] (default 1)

---@class LogInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field epsilon? Tensor|table|number float16, float32, the same as other inputs [U] (default 1e-45)

---@class LogicalAndInputs
---@field x Tensor|table|boolean bool, the same as other inputs [T]
---@field y Tensor|table|boolean bool, the same as other inputs [T]

---@class LogicalNotInputs
---@field x Tensor|table|boolean bool

---@class LogicalOrInputs
---@field x Tensor|table|boolean bool, the same as other inputs [T]
---@field y Tensor|table|boolean bool, the same as other inputs [T]

---@class LogicalXorInputs
---@field x Tensor|table|boolean bool, the same as other inputs [T]
---@field y Tensor|table|boolean bool, the same as other inputs [T]

---@class LstmInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field initial_h Tensor|table|number float16, float32, the same as other inputs [T]
---@field weight_ih Tensor|table|number float16, float32, the same as other inputs [T]
---@field weight_hh Tensor|table|number float16, float32, the same as other inputs [T]
---@field bias? Tensor|table|number float16, float32, the same as other inputs [T]
---@field direction? string string (default "forward")
---@field output_sequence? Tensor|table|boolean bool (default false)
---@field activation? string string (default "tanh")
---@field initial_c Tensor|table|number float16, float32, the same as other inputs [T]
---@field peephole? Tensor|table|number float16, float32, the same as other inputs [T]
---@field weight_ih_back? Tensor|table|number float16, float32, the same as other inputs [T]
---@field weight_hh_back? Tensor|table|number float16, float32, the same as other inputs [T]
---@field bias_back? Tensor|table|number float16, float32, the same as other inputs [T]
---@field peephole_back? Tensor|table|number float16, float32, the same as other inputs [T]
---@field recurrent_activation? string string (default "sigmoid")
---@field cell_activation? string string (default "tanh")
---@field clip? Tensor|table|number float16, float32, the same as other inputs [T]

---@class MakeListInputs
---@field init_length? Tensor|table|number int32 (default 1)
---@field dynamic_length? Tensor|table|boolean bool (default true)
---@field elem_shape Tensor[] int32, string; several
---@field dtype? string string (default "fp32")

---@class MatmulInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field y Tensor|table|number int32, float16, float32, the same as other inputs [U]
---@field transpose_x? Tensor|table|boolean bool (default false)
---@field transpose_y? Tensor|table|boolean bool (default false)

---@class MaxPoolInputs
---@field x Tensor|table|number float16, float32
---@field kernel_sizes Tensor|table|number int32
---@field strides? Tensor|table|number int32
---@field pad_type? string string (default "valid")
---@field pad? Tensor|table|number int32
---@field ceil_mode? Tensor|table|boolean bool (default false)

---@class MaximumInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field y Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class MinimumInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field y Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class ModInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field y Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class MulInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field y Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class NonMaximumSuppressionInputs
---@field boxes Tensor|table|number float16, float32, the same as other inputs [T]
---@field scores Tensor|table|number float16, float32, the same as other inputs [T]
---@field iou_threshold Tensor|table|number float16, float32, the same as other inputs [T]
---@field score_threshold? Tensor|table|number float16, float32, the same as other inputs [T]
---@field max_boxes Tensor|table|number int32
---@field per_class_suppression? Tensor|table|boolean bool (default false)

---@class NonZeroInputs
---@field x Tensor|table|number|boolean bool, int32, float16, float32

---@class NotEqualInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field y Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class OneHotInputs
---@field indices Tensor|table|number int32
---@field one_hot_vector_size Tensor|table|number int32
---@field axis? Tensor|table|number int32 (default -1)
---@field on_value? Tensor|table|number|boolean bool, int32, float16, float32, the same as other inputs [T] (default 1)
---@field off_value? Tensor|table|number|boolean bool, int32, float16, float32, the same as other inputs [T] (default 0)

---@class PadInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field pad Tensor|table|number int32
---@field mode? string string (default "constant")
---@field constant_val? Tensor|table|number float16, float32, the same as other inputs [T] (default 0)

---@class PixelShuffleInputs
---@field x Tensor|table|number float16, float32
---@field upscale_factor Tensor|table|number int32

---@class PixelUnshuffleInputs
---@field x Tensor|table|number float16, float32
---@field downscale_factor Tensor|table|number uint32

---@class PowInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field y Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class PreluInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field alpha Tensor|table|number float16, float32, the same as other inputs [U]

---@class QuantizeInputs
---@field input Tensor|table|number float16, float32, the same as other inputs [S]
---@field zero_point? Tensor|table|number uint8, int8
---@field scale Tensor|table|number float16, float32, the same as other inputs [S]
---@field axis? Tensor|table|number int32
---@field output_dtype string string

---@class RandomBernoulliInputs
---@field shape Tensor|table|number int32
---@field prob? Tensor|table|number float16, float32, the same as other inputs [T] (default 0.5)
---@field seed? Tensor|table|number int32 (default -1)

---@class RandomCategoricalInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field mode? string string (default "logits")
---@field size? Tensor|table|number int32 (default 1)
---@field seed? Tensor|table|number int32 (default -1)

---@class RandomNormalInputs
---@field shape Tensor|table|number int32
---@field mean? Tensor|table|number float16, float32, the same as other inputs [T] (default 0)
---@field stddev? Tensor|table|number float16, float32, the same as other inputs [T] (default 1)
---@field seed? Tensor|table|number int32 (default -1)

---@class RandomUniformInputs
---@field shape Tensor|table|number int32
---@field low? Tensor|table|number float16, float32, the same as other inputs [T] (default 0)
---@field high? Tensor|table|number float16, float32, the same as other inputs [T] (default 1)
---@field seed? Tensor|table|number int32 (default -1)

---@class Range1dInputs
---@field end Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field start Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field step Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class RealDivInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field y Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class ReduceArgmaxInputs
---@field x Tensor|table|number int32, float16, float32
---@field axis? Tensor|table|number int32 (default -1)
---@field keep_dims? Tensor|table|boolean bool (default false)
---@field output_dtype? string string (default "int32")

---@class ReduceArgminInputs
---@field x Tensor|table|number int32, float16, float32
---@field axis? Tensor|table|number int32 (default -1)
---@field keep_dims? Tensor|table|boolean bool (default false)
---@field output_dtype? string string (default "int32")

---@class ReduceL1NormInputs
---@field x Tensor|table|number int32, float16, float32
---@field axes? Tensor|table|number int32
---@field keep_dims? Tensor|table|boolean bool (default false)

---@class ReduceL2NormInputs
---@field x Tensor|table|number int32, float16, float32
---@field axes? Tensor|table|number int32
---@field keep_dims? Tensor|table|boolean bool (default false)

---@class ReduceLogSumInputs
---@field x Tensor|table|number int32, float16, float32
---@field axes? Tensor|table|number int32
---@field keep_dims? Tensor|table|boolean bool (default false)

---@class ReduceLogSumExpInputs
---@field x Tensor|table|number int32, float16, float32
---@field axes? Tensor|table|number int32
---@field keep_dims? Tensor|table|boolean bool (default false)

---@class ReduceMaxInputs
---@field x Tensor|table|number int32, float16, float32
---@field axes? Tensor|table|number int32
---@field keep_dims? Tensor|table|boolean bool (default false)

---@class ReduceMeanInputs
---@field x Tensor|table|number int32, float16, float32
---@field axes? Tensor|table|number int32
---@field keep_dims? Tensor|table|boolean bool (default false)

---@class ReduceMinInputs
---@field x Tensor|table|number int32, float16, float32
---@field axes? Tensor|table|number int32
---@field keep_dims? Tensor|table|boolean bool (default false)

---@class ReduceProdInputs
---@field x Tensor|table|number int32, float16, float32
---@field axes? Tensor|table|number int32
---@field keep_dims? Tensor|table|boolean bool (default false)

---@class ReduceSumInputs
---@field x Tensor|table|number int32, float16, float32
---@field axes? Tensor|table|number int32
---@field keep_dims? Tensor|table|boolean bool (default false)

---@class ReduceSumSquareInputs
---@field x Tensor|table|number int32, float16, float32
---@field axes? Tensor|table|number int32
---@field keep_dims? Tensor|table|boolean bool (default false)

---@class ReluInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class Relu6Inputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class ResampleInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field coordinates Tensor|table|number uint8, uint16, int8, int16, int32, float16, float32
---@field sampling_mode string string
---@field padding_mode string string
---@field padding_value Tensor|table|number float16, float32, the same as other inputs [T]
---@field coordinates_mode string string
---@field align_corners Tensor|table|boolean bool

---@class ReshapeInputs
---@field x Tensor|table|number|boolean bool, uint8, uint16, int8, int16, int32, float16, float32
---@field shape Tensor|table|number int8, int16, int32

---@class ReshapeLikeInputs
---@field x Tensor|table|number|boolean bool, uint8, uint16, int8, int16, int32, float16, float32
---@field ref_tensors Tensor[] bool, uint8, uint16, int8, int16, int32, float16, float32; several
---@field begins Tensor[] int32; several
---@field ends Tensor[] int32; several
---@field end_masks Tensor[] bool; several

---@class ResizeInputs
---@field x Tensor|table|number int32, float16, float32
---@field shape Tensor|table|number uint16, uint32, int16, int32
---@field resized_dims Tensor|table|number uint32
---@field interpolation_mode? string string (default "LINEAR")
---@field sampling_mode? string string (default "DEFAULT")

---@class ResizeBilinearInputs
---@field x Tensor|table|number float16, float32
---@field target_size_height? Tensor|table|number int32 (default 1)
---@field target_size_width? Tensor|table|number int32 (default 1)
---@field sampling_mode? string string (default "DEFAULT")

---@class ResizeNearestNeighborInputs
---@field x Tensor|table|number float16, float32
---@field target_size_height Tensor|table|number int32
---@field target_size_width Tensor|table|number int32

---@class ReverseInputs
---@field x Tensor|table|number|boolean bool, uint8, uint16, int8, int16, int32, float16, float32
---@field axes? Tensor|table|number int32

---@class ReverseSequenceInputs
---@field x Tensor|table|number|boolean bool, uint8, uint16, int8, int16, int32, float16, float32
---@field lengths Tensor|table|number int8, int16, int32
---@field seq_axis? Tensor|table|number int32 (default 0)
---@field batch_axis? Tensor|table|number int32 (default 0)

---@class RnnInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field initial_h Tensor|table|number float16, float32, the same as other inputs [T]
---@field weight_ih Tensor|table|number float16, float32, the same as other inputs [T]
---@field weight_hh Tensor|table|number float16, float32, the same as other inputs [T]
---@field bias? Tensor|table|number float16, float32, the same as other inputs [T]
---@field direction? string string (default "forward")
---@field output_sequence? Tensor|table|boolean bool (default false)
---@field activation? string string (default "tanh")

---@class RoundInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class RsqrtInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field epsilon? Tensor|table|number float16, float32, the same as other inputs [U] (default 1e-12)

---@class ScaledDotProductAttentionInputs
---@field query Tensor|table|number float16, float32, the same as other inputs [T]
---@field key Tensor|table|number float16, float32, the same as other inputs [T]
---@field value Tensor|table|number float16, float32, the same as other inputs [T]
---@field attn_mask? Tensor|table|number|boolean bool, float16, float32

---@class ScaledTanhInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field alpha Tensor|table|number float16, float32, the same as other inputs [U]
---@field beta Tensor|table|number float16, float32, the same as other inputs [U]

---@class ScatterInputs
---@field data Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field indices Tensor|table|number int32
---@field updates Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field axis? Tensor|table|number int32 (default 0)
---@field mode? string string (default "add")
---@field validate_indices? Tensor|table|boolean bool (default false)

---@class ScatterAlongAxisInputs
---@field data Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field indices Tensor|table|number int32
---@field updates Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field axis? Tensor|table|number int32 (default 0)
---@field mode? string string (default "add")
---@field validate_indices? Tensor|table|boolean bool (default false)

---@class ScatterNdInputs
---@field data Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field indices Tensor|table|number int32
---@field updates Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field mode? string string (default "add")
---@field validate_indices? Tensor|table|boolean bool (default false)

---@class SelectInputs
---@field cond Tensor|table|boolean bool
---@field a Tensor|table|number|boolean bool, int32, float16, float32, the same as other inputs [T]
---@field b Tensor|table|number|boolean bool, int32, float16, float32, the same as other inputs [T]

---@class ShapeInputs
---@field x Tensor|table|number|boolean bool, int32, float16, float32

---@class SigmoidInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class SigmoidHardInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field alpha Tensor|table|number float16, float32, the same as other inputs [U]
---@field beta Tensor|table|number float16, float32, the same as other inputs [U]

---@class SignInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class SiluInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class SinInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class SinhInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class SliceByIndexInputs
---@field x Tensor|table|number|boolean bool, uint8, uint16, int8, int16, int32, float16, float32
---@field begin Tensor|table|number int8, int16, int32, the same as other inputs [U]
---@field end Tensor|table|number int8, int16, int32, the same as other inputs [U]
---@field stride? Tensor|table|number int8, int16, int32, the same as other inputs [U]
---@field begin_mask? Tensor|table|boolean bool
---@field end_mask? Tensor|table|boolean bool
---@field squeeze_mask? Tensor|table|boolean bool

---@class SliceBySizeInputs
---@field x Tensor|table|number|boolean bool, uint8, uint16, int8, int16, int32, float16, float32
---@field begin Tensor|table|number int8, int16, int32, the same as other inputs [U]
---@field size Tensor|table|number int8, int16, int32, the same as other inputs [U]

---@class SliceUpdateInputs
---@field x Tensor|table|number|boolean bool, uint8, uint16, int8, int16, int32, float16, float32, the same as other inputs [T]
---@field update Tensor|table|number|boolean bool, uint8, uint16, int8, int16, int32, float16, float32, the same as other inputs [T]
---@field begin Tensor|table|number int8, int16, int32, the same as other inputs [U]
---@field end Tensor|table|number int8, int16, int32, the same as other inputs [U]
---@field stride? Tensor|table|number int8, int16, int32, the same as other inputs [U]
---@field begin_mask? Tensor|table|boolean bool
---@field end_mask? Tensor|table|boolean bool
---@field squeeze_mask? Tensor|table|boolean bool

---@class SlidingWindowsInputs
---@field x Tensor|table|number|boolean bool, uint8, uint16, int8, int16, int32, float16, float32
---@field axis Tensor|table|number int32
---@field size Tensor|table|number int32
---@field stride? Tensor|table|number int32 (default 1)

---@class SoftmaxInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field axis? Tensor|table|number int32 (default -1)

---@class SoftplusInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class SoftplusParametricInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field alpha Tensor|table|number float16, float32, the same as other inputs [U]
---@field beta Tensor|table|number float16, float32, the same as other inputs [U]

---@class SoftsignInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class SpaceToBatchInputs
---@field x Tensor|table|number float16, float32
---@field block_shape Tensor|table|number int32
---@field paddings Tensor|table|number int32

---@class SpaceToDepthInputs
---@field x Tensor|table|number float16, float32
---@field block_size Tensor|table|number int32

---@class SplitInputs
---@field x Tensor|table|number|boolean bool, int32, float16, float32
---@field num_splits? Tensor|table|number int32
---@field split_sizes? Tensor|table|number int32
---@field axis Tensor|table|number int32

---@class SqrtInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class SquareInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class SqueezeInputs
---@field x Tensor|table|number|boolean bool, uint8, uint16, int8, int16, int32, float16, float32
---@field axes? Tensor|table|number int32

---@class StackInputs
---@field values Tensor[] bool, uint1, uint2, uint3, uint4, uint6, int4, uint8, uint16, uint32, int8, int16, int32, float16, float32, the same as other inputs [T]; several
---@field axis Tensor|table|number int32

---@class SubInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field y Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class TanInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class TanhInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]

---@class ThresholdInputs
---@field x Tensor|table|number int32, float16, float32, the same as other inputs [T]
---@field alpha Tensor|table|number int32, float16, float32, the same as other inputs [T]

---@class ThresholdedReluInputs
---@field x Tensor|table|number float16, float32, the same as other inputs [T]
---@field alpha Tensor|table|number float16, float32, the same as other inputs [U]

---@class TileInputs
---@field x Tensor|table|number|boolean bool, int32, float16, float32
---@field reps Tensor|table|number int32

---@class TopkInputs
---@field x Tensor|table|number uint8, uint16, int8, int16, int32, float16, float32
---@field k? Tensor|table|number int8, int16, int32 (default 1)
---@field axis? Tensor|table|number int32 (default -1)
---@field ascending? Tensor|table|boolean bool (default false)
---@field sort? Tensor|table|boolean bool (default true)
---@field return_indices? Tensor|table|boolean bool (default true)
---@field output_indices_dtype? string string (default "int32")

---@class TransposeInputs
---@field x Tensor|table|number|boolean bool, uint8, uint16, int8, int16, int32, float16, float32
---@field perm Tensor|table|number int32

---@class UpsampleBilinearInputs
---@field x Tensor|table|number float16, float32
---@field scale_factor_height? Tensor|table|number int32, float32 (default 1)
---@field scale_factor_width? Tensor|table|number int32, float32 (default 1)
---@field align_corners? Tensor|table|boolean bool (default true)
---@field half_pixel_centers? Tensor|table|boolean bool

---@class UpsampleNearestNeighborInputs
---@field x Tensor|table|number float16, float32
---@field scale_factor_height? Tensor|table|number int32, float32 (default 1)
---@field scale_factor_width? Tensor|table|number int32, float32 (default 1)

---@class JSONOptions
---@field indent? integer spaces for each level; 0 for one line (default 0)

---@class CSVDecodeOptions
---@field header? boolean the first line has the names of columns, by which the rows are read (default false)
---@field numbers? boolean fields that are numbers become numbers, all others stay strings (default false)
---@field delimiter? string one character between fields (default ",")

---@class CSVEncodeOptions
---@field header? string[] names of columns: the first line, and the order of fields of rows by name
---@field delimiter? string one character between fields (default ",")

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
---@field collect? ("ranges"|"second_moments"|"histograms"|"fisher"|"hessian")[] a list of: ranges (of every value), second_moments (of what weights multiply; also called hessian), histograms (of every value), fisher (squared gradients of the weights); by default ranges and second_moments
---@field loss? "cross_entropy"|"mse"|"mae"|"cosine"|"kl" fisher: the loss of each sample; by default a random projection of the outputs
---@field output? string fisher: the output that the loss is computed from; by default all
---@field seed? integer fisher: seed of the random projections (default 0)

---@class SensitivityOptions
---@field candidates? table ways of compressing a weight, each a step such as { "palettize", nbits = 4 } or a sequence of steps; by default palettize with 2, 4, 6 and 8 bits (from iOS18 on also 3)
---@field metric? "accuracy"|"top5"|"mse"|"mae"|"snr_db"|"psnr_db"|"cosine"|"agreement"|"kl"|"f1"|"auc"|"iou"|"confusion"|"perplexity"|"pearson"|"spearman"|"wer"|"ece"|function|table the metric of the outputs: one name, function or description as in evaluate; by default snr_db
---@field method? "measure"|"fisher"|"auto" measure: run the model with one weight compressed; fisher: squared gradients, one run for all; auto: measure for few weights and programs with states (default "auto")
---@field output? string the output to compare, if there are several
---@field path? string a JSON file from which an interrupted run goes on
---@field calibration? Dataset|Statistics the data that algorithms such as gptq run the model on, or what model:calibrate collected
---@field calibration_nsamples? integer the most samples of the calibration data; by default all
---@field mask? string the input of the calibration data that is 0 at positions that do not count, such as "attention_mask"
---@field loss? "cross_entropy"|"mse"|"mae"|"cosine"|"kl" skm and importance = "fisher": the loss of each sample; by default a random projection of the outputs
---@field sequential? boolean whether each weight sees the errors of the weights before it (default true)

---@class SearchOptions
---@field budget? table { size = share of the model's size }, { bits = of each element }, { bytes = }, { accuracy_drop = }, { drop = of the metric } or { snr_db = of the outputs }
---@field candidates? table ways of compressing a weight, each a step such as { "palettize", nbits = 4 } or a sequence of steps; by default palettize with 2, 4, 6 and 8 bits (from iOS18 on also 3)
---@field metric? "accuracy"|"top5"|"mse"|"mae"|"snr_db"|"psnr_db"|"cosine"|"agreement"|"kl"|"f1"|"auc"|"iou"|"confusion"|"perplexity"|"pearson"|"spearman"|"wer"|"ece"|function|table the metric of the outputs: one name, function or description as in evaluate; by default snr_db
---@field method? "measure"|"fisher"|"auto" measure: run the model with one weight compressed; fisher: squared gradients, one run for all; auto: measure for few weights and programs with states (default "auto")
---@field output? string the output to compare, if there are several
---@field path? string a JSON file from which an interrupted run goes on
---@field sensitivity? Sensitivity of model:sensitivity; by default it is found first
---@field algorithm? string the algorithm of the result in place of that of the candidates, such as "gptq", which needs calibration
---@field validation? Dataset data to measure models on; by default those of the search
---@field points? integer models of the curve that are measured besides the result (default 5)
---@field on_step? function called with each measured model: { name, bytes, score, error }
---@field calibration? Dataset|Statistics the data that algorithms such as gptq run the model on, or what model:calibrate collected
---@field calibration_nsamples? integer the most samples of the calibration data; by default all
---@field mask? string the input of the calibration data that is 0 at positions that do not count, such as "attention_mask"
---@field loss? "cross_entropy"|"mse"|"mae"|"cosine"|"kl" skm and importance = "fisher": the loss of each sample; by default a random projection of the outputs
---@field sequential? boolean whether each weight sees the errors of the weights before it (default true)

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
---@field loss? "cross_entropy"|"mse"|"mae"|"cosine"|"kl" skm and importance = "fisher": the loss of each sample; by default a random projection of the outputs
---@field sequential? boolean whether each weight sees the errors of the weights before it (default true)
---@field config_type? string coremltools' configuration class, for options in its form
---@field global_config? table coremltools' global_config
---@field op_type_configs? table coremltools' op_type_configs
---@field op_name_configs? table coremltools' op_name_configs

---@class PalettizeOptions
---@field mode? "kmeans"|"uniform"|"unique"|"custom" how tables are computed: kmeans (minimum squared error), uniform (evenly spaced), unique (the distinct values), custom (lut_function) (default "kmeans")
---@field nbits? 1|2|3|4|6|8 bits of an index; needed for kmeans and uniform, not allowed for unique and custom; 3 needs iOS18
---@field lut_function? function custom: given one group of a weight and the weight's context, returns the group's table and the index of each element
---@field granularity? "per_tensor"|"per_grouped_channel" the elements that share a table; per_grouped_channel needs iOS18 (default "per_tensor")
---@field group_size? integer per_grouped_channel: channels that share a table (0: all) (default 32)
---@field channel_axis? integer per_grouped_channel: the axis of the groups; by default the output channels
---@field cluster_dim? integer size of the vectors in a table, along the channel axis; more than 1 needs iOS18 (default 1)
---@field enable_per_channel_scale? boolean divide by the largest magnitude over the output channels first; needs iOS18 (default false)
---@field num_kmeans_workers? integer accepted for compatibility with coremltools; has no effect (default 1)
---@field algorithm? "kmeans"|"importance"|"gptq"|"skm" what k-means minimizes: kmeans: the error of the weight; with calibration: importance (the error of the output for independent inputs), gptq (the same, then each rounding error is corrected in the columns that follow), skm (the error weighted by squared gradients) (default "kmeans")
---@field importance? "second_moments"|"fisher" importance, gptq: weights of k-means: second_moments (mean squares of the inputs) or fisher (squared gradients) (default "second_moments")
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
---@field loss? "cross_entropy"|"mse"|"mae"|"cosine"|"kl" skm and importance = "fisher": the loss of each sample; by default a random projection of the outputs
---@field sequential? boolean whether each weight sees the errors of the weights before it (default true)
---@field config_type? string coremltools' configuration class, for options in its form
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
---@field loss? "cross_entropy"|"mse"|"mae"|"cosine"|"kl" skm and importance = "fisher": the loss of each sample; by default a random projection of the outputs
---@field sequential? boolean whether each weight sees the errors of the weights before it (default true)
---@field config_type? string coremltools' configuration class, for options in its form
---@field global_config? table coremltools' global_config
---@field op_type_configs? table coremltools' op_type_configs
---@field op_name_configs? table coremltools' op_name_configs

---@class CompressOptions
---@field dry_run? boolean return the reports without compressing (default false)
---@field allow_unmatched? boolean whether rules may match nothing; by default an error, or a warning for recipes from files and models
---@field calibration? Dataset|Statistics the data that algorithms such as gptq run the model on, or what model:calibrate collected
---@field calibration_nsamples? integer the most samples of the calibration data; by default all
---@field mask? string the input of the calibration data that is 0 at positions that do not count, such as "attention_mask"
---@field loss? "cross_entropy"|"mse"|"mae"|"cosine"|"kl" skm and importance = "fisher": the loss of each sample; by default a random projection of the outputs
---@field sequential? boolean whether each weight sees the errors of the weights before it (default true)

---@class QuantizeActivationsOptions
---@field mode? "linear_symmetric"|"linear" linear_symmetric: no zero point; values without negative elements use all codes of uint8. linear: from lowest to highest element (default "linear_symmetric")
---@field dtype? "int8"|"uint8" dtype of the codes (default "int8")
---@field observer? "minmax"|"moving_average"|"percentile"|"mse"|"entropy" how ranges are chosen: minmax, moving_average (over calls), percentile, mse (least squared error), entropy (least divergence) (default "minmax")
---@field percentile? number of the observer percentile; 99.999 by default
---@field smooth? boolean|string|number|table SmoothQuant before: true or "search" finds alpha for each value; a number or { alpha = 0.85 } fixes it
---@field weights? any options of quantize for the weights, by default { dtype = "int8" }; false leaves them as they are
---@field op_types? table<string, boolean> whether operators of a type read codes; by default conv, linear, avg_pool, max_pool and, after a convolution, add do
---@field op_names? table<string, boolean> whether the operator of a name reads codes
---@field calibration? Dataset|Statistics the data that algorithms such as gptq run the model on, or what model:calibrate collected
---@field calibration_nsamples? integer the most samples of the calibration data; by default all
---@field mask? string the input of the calibration data that is 0 at positions that do not count, such as "attention_mask"

---@class EqualizeOptions
---@field calibration? Statistics of model:calibrate
---@field alpha? boolean|string|number|table from 0 to 1, or "search", the default
---@field method? "cross_layer"|"smooth" smooth: SmoothQuant, from activations into linear layers, with calibration; cross_layer: between the weights of adjacent layers, without data. By default smooth with calibration, else cross_layer

---@class CorrectBiasOptions
---@field reference? Model the model before compression
---@field calibration_nsamples? integer the most samples; by default all
---@field mask? string the input of the data that is 0 at positions that do not count

---@class FactorizeOptions
---@field rank? integer components that are kept
---@field energy? number part of the sum of squared singular values that is kept, 0 to 1
---@field ratio? number elements of the factors relative to those of the weight, 0 to 1
---@field where? function called with each weight; returning false leaves it as it is
---@field op_types? string[]|table<string, boolean> only weights of these operators: a sequence, or a table from type to boolean
---@field op_names? string[]|table<string, boolean> only these weights, or those of these operators
---@field weight_threshold? integer weights with at most as many elements stay (default 2048)
---@field calibration? Dataset a Dataset: the error of the layers' outputs on it is least, instead of that of the weights
---@field second_moments? table<string, Tensor> the second moments of what weights multiply, [inputs, inputs], by weight, in place of calibration
---@field dry_run? boolean return the report without changing the model (default false)

---@class SlimOptions
---@field ratio number part of the channels of each group that is removed, 0 to below 1
---@field calibration? Dataset a Dataset: channels are scored by what they add to the layers that read them, instead of by weights alone, and its mean is added to the biases of these layers
---@field group? "auto"|"single" auto removes channels of residual sums together; single leaves them, and removes only what one operation produces (default "auto")
---@field multiple? integer the numbers of channels that stay are multiples of this (default 1)
---@field dry_run? boolean return the report without changing the model (default false)

---@class WithWeightsOptions
---@field map? any of a file: the weight's name for a tensor's name, as a table or a function; false or nil leaves a tensor out
---@field strict? boolean of a file: an error if weights, biases or tensors are left over (default true)
---@field transpose? "auto"|"square"|"never" of a file: whether a matrix may have its axes exchanged; auto: where its shape tells, and square ones that the program multiplies from the right as the others; square: these too (default "auto")

---@class MapWeightsOptions
---@field where? function called with each weight and its context; returning false leaves the weight as it is
---@field op_types? string[]|table<string, boolean> only weights of these types of operator: a sequence, or a table from type to boolean
---@field op_names? string[]|table<string, boolean> only these weights, or those of these operators: a sequence, or a table from name to boolean

---@class RewriteOptions
---@field op_types? string[]|table<string, boolean> only operations of these types: a sequence, or a table from type to boolean
---@field where? function called with each operation, as of model.operations; returning false keeps it
---@field check? table<string, Tensor|table|Image>|boolean inputs for predict: both models are run on them, and outputs that differ are an error; false or nil runs nothing
---@field tolerance? number largest difference that check permits, relative to the output's largest magnitude (default 0.001)

---@class ExtractOptions
---@field outputs string[] names of the values that the part returns
---@field inputs? string[] names of the values that are given to the part; by default the model's inputs that the outputs depend on

---@class SplitOptions
---@field at? string the name of the value that the first part ends with
---@field parts? integer number of parts with about equal bytes of weights

---@class ConcatOptions
---@field keep? string[] names of outputs of this model that stay outputs of the whole although the second one reads them

---@class OptimizeOptions
---@field passes? ("fold_batch_norm"|"combine_transposes"|"linear_bias"|"fuse_gelu"|"fuse_rsqrt"|"fuse_layer_norm"|"fuse_silu"|"interleave_concat"|"drop_broadcast_tiles"|"merge_reshapes"|"fuse_attention"|"fold_constants"|"remove_neutral"|"share_operations"|"remove_dead_code")[] the passes that run; by default all

---@class EvaluateOptions
---@field metrics? "accuracy"|"top5"|"mse"|"mae"|"snr_db"|"psnr_db"|"cosine"|"agreement"|"kl"|"f1"|"auc"|"iou"|"confusion"|"perplexity"|"pearson"|"spearman"|"wer"|"ece"|function|table names; functions(outputs, batch) that return a number, the higher the better; { name =, fn = function, better = "lower" }; or, for values of the whole data set, { name =, update = function(state, outputs, batch), finish = function(state), better = }
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

---@class GenerateOptions
---@field max_tokens? integer the most tokens to generate (default 128)
---@field temperature? number divides the logits; 0 takes the likeliest token. By default 0, with another option of sampling 1
---@field top_k? integer choose among so many of the likeliest tokens
---@field top_p? number choose among the fewest of the likeliest tokens whose probabilities reach this sum
---@field min_p? number leave out tokens with less than this share of the likeliest one's probability
---@field repetition_penalty? number divides the positive logits of tokens that occurred, and multiplies negative ones (default 1)
---@field frequency_penalty? number subtracted from the logit of a token for each time that it was generated (default 0)
---@field presence_penalty? number subtracted from the logits of tokens that were generated (default 0)
---@field seed? integer of sampling; equal seeds give equal tokens. By default 0
---@field stop? any a string, an id, or a sequence of both: the text ends before them
---@field tokenizer? Tokenizer for prompts, stop words and results that are text
---@field on_token? function called with the text that is complete and the id after each token; false ends the text

---@class SaveOptions
---@field overwrite? boolean replace an existing file (default false)

---@class PadOptions
---@field widths any { before, after } for each axis; one pair, or one number, for all
---@field mode? "constant"|"reflect"|"symmetric"|"replicate"|"circular" what the new positions hold (default "constant")
---@field value? Tensor|number|boolean|table for mode constant; by default 0

---@class SortOptions
---@field descending? boolean the largest first (default false)

---@class TopKOptions
---@field largest? boolean the largest elements; otherwise the smallest (default true)

---@class SumReductionOptions
---@field axes? integer|integer[] an axis or several, from 0 (negative from the end); by default all
---@field keepdims? boolean keep the reduced axes with extent 1 (default false)

---@class MeanReductionOptions
---@field axes? integer|integer[] an axis or several, from 0 (negative from the end); by default all
---@field keepdims? boolean keep the reduced axes with extent 1 (default false)

---@class MinReductionOptions
---@field axes? integer|integer[] an axis or several, from 0 (negative from the end); by default all
---@field keepdims? boolean keep the reduced axes with extent 1 (default false)

---@class MaxReductionOptions
---@field axes? integer|integer[] an axis or several, from 0 (negative from the end); by default all
---@field keepdims? boolean keep the reduced axes with extent 1 (default false)

---@class ProdReductionOptions
---@field axes? integer|integer[] an axis or several, from 0 (negative from the end); by default all
---@field keepdims? boolean keep the reduced axes with extent 1 (default false)

---@class VarReductionOptions
---@field correction? number subtracted from the number of elements; 0 for that of NumPy (default 1)
---@field axes? integer|integer[] an axis or several, from 0 (negative from the end); by default all
---@field keepdims? boolean keep the reduced axes with extent 1 (default false)

---@class StdReductionOptions
---@field correction? number subtracted from the number of elements; 0 for that of NumPy (default 1)
---@field axes? integer|integer[] an axis or several, from 0 (negative from the end); by default all
---@field keepdims? boolean keep the reduced axes with extent 1 (default false)

---@class NormReductionOptions
---@field ord? any which norm: 1, 2, any number, math.huge, -math.huge, "fro"; by default 2
---@field axes? integer|integer[] an axis or several, from 0 (negative from the end); by default all
---@field keepdims? boolean keep the reduced axes with extent 1 (default false)

---@class LogSumExpReductionOptions
---@field axes? integer|integer[] an axis or several, from 0 (negative from the end); by default all
---@field keepdims? boolean keep the reduced axes with extent 1 (default false)

---@class AnyReductionOptions
---@field axes? integer|integer[] an axis or several, from 0 (negative from the end); by default all
---@field keepdims? boolean keep the reduced axes with extent 1 (default false)

---@class AllReductionOptions
---@field axes? integer|integer[] an axis or several, from 0 (negative from the end); by default all
---@field keepdims? boolean keep the reduced axes with extent 1 (default false)

---@class CountNonzeroReductionOptions
---@field axes? integer|integer[] an axis or several, from 0 (negative from the end); by default all
---@field keepdims? boolean keep the reduced axes with extent 1 (default false)

---@class ArgmaxOptions
---@field keepdims? boolean keep the reduced axes with extent 1 (default false)

---@class ArgminOptions
---@field keepdims? boolean keep the reduced axes with extent 1 (default false)

---@class MedianOptions
---@field keepdims? boolean keep the reduced axes with extent 1 (default false)

---@class QuantileOptions
---@field method? "linear"|"lower"|"higher"|"nearest"|"midpoint" which value lies between two elements (default "linear")
---@field keepdims? boolean keep the reduced axes with extent 1 (default false)

---@class TensorHistogramOptions
---@field bins? any how many bins of equal width, by default 10; or a table or Tensor of ascending edges
---@field range? number[] { low, high }, the outer edges; by default the extrema

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

---@class ValuePlotOptions
---@field file? string an .svg file to write; by default the chart is displayed
---@field title? string headline
---@field ascii? boolean use only ASCII characters in the terminal (default false)

---@class SensitivityPlotOptions
---@field kind? "heatmap"|"bars" a cell for each weight and candidate, or a bar for each weight (default "heatmap")
---@field file? string an .svg file to write; by default the chart is displayed
---@field title? string headline
---@field ascii? boolean use only ASCII characters in the terminal (default false)

---@class SplitDatasetOptions
---@field seed? integer seed of the order in which samples are divided; without it the order is kept

---@class ConfusionPlotOptions
---@field file? string an .svg file to write; by default the chart is displayed
---@field title? string headline
---@field ascii? boolean use only ASCII characters in the terminal (default false)

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

---@class EncodeOptions
---@field pair? string a second sequence, for templates of two
---@field max? any maximum number of ids, with special ones; false for none; by default that of the file
---@field pad? any true pads to the longest text, an integer to that length; false does not; by default as the file says
---@field pad_id? integer the id of padding; by default that of the file
---@field special? boolean add the special tokens of the template, such as the beginning of a text (default true)
---@field parse? boolean recognize special tokens in the text; false reads them as text (default true)

---@class DecodeOptions
---@field special? boolean keep special tokens in the text (default false)

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
---@field op_types? table<string, TrainingPruneOptions|boolean> options by type of operator; false for no compression
---@field op_names? table<string, TrainingPruneOptions|boolean> options by name of a weight or operator; false for no compression
---@field op_patterns? { [1]: string, [2]: TrainingPruneOptions|boolean }[] a sequence of { Lua pattern, options }
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
---@field op_types? table<string, TrainingPalettizeOptions|boolean> options by type of operator; false for no compression
---@field op_names? table<string, TrainingPalettizeOptions|boolean> options by name of a weight or operator; false for no compression
---@field op_patterns? { [1]: string, [2]: TrainingPalettizeOptions|boolean }[] a sequence of { Lua pattern, options }
---@field allow_unmatched? boolean whether rules may match nothing (default false)
---@field config_type? string coremltools' configuration class, for options in its form
---@field global_config? table coremltools' global_config; a sequence gives options for weights of different sizes
---@field module_type_configs? table coremltools' module_type_configs: options by type of module or operator; false for no compression
---@field module_name_configs? table coremltools' module_name_configs: options by regular expressions for names of weights, operators or modules; false for no compression
---@field non_traceable_module_names? table of coremltools' quantizer; must be empty
---@field preserved_attributes? table of coremltools' quantizer; must be empty
---@field init? Model a palettized model of the same weights, such as a calibrated one: its tables and values are the start

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
---@field op_types? table<string, TrainingQuantizeOptions|boolean> options by type of operator; false for no compression
---@field op_names? table<string, TrainingQuantizeOptions|boolean> options by name of a weight or operator; false for no compression
---@field op_patterns? { [1]: string, [2]: TrainingQuantizeOptions|boolean }[] a sequence of { Lua pattern, options }
---@field allow_unmatched? boolean whether rules may match nothing (default false)
---@field config_type? string coremltools' configuration class, for options in its form
---@field global_config? table coremltools' global_config; a sequence gives options for weights of different sizes
---@field module_type_configs? table coremltools' module_type_configs: options by type of module or operator; false for no compression
---@field module_name_configs? table coremltools' module_name_configs: options by regular expressions for names of weights, operators or modules; false for no compression
---@field non_traceable_module_names? table of coremltools' quantizer; must be empty
---@field preserved_attributes? table of coremltools' quantizer; must be empty

---@class TrainingApplyOptions
---@field prune? table more options of prune, such as those that recipes do not have
---@field palettize? table more options of palettize, such as those that recipes do not have
---@field quantize? table more options of quantize, such as those that recipes do not have

---@class FitOptions
---@field epochs? integer times that every sample is seen (default 1)
---@field steps? integer ends after so many steps, whatever the epochs
---@field batch_size? integer samples a batch; the dataset's own when left out
---@field shuffle? boolean draw a new order for each epoch (default true)
---@field drop_last? boolean leave out a last batch that is not full (default false)
---@field augment? function called with each batch, whose labels are indices of the model's classes; returns the batch to learn from
---@field validation? Dataset a Dataset to evaluate after each epoch
---@field metrics? "accuracy"|"top5"|"mse"|"mae"|"snr_db"|"psnr_db"|"cosine"|"agreement"|"kl"|"f1"|"auc"|"iou"|"confusion"|"perplexity"|"pearson"|"spearman"|"wer"|"ece"|function|table names; functions(outputs, batch) that return a number, the higher the better; { name =, fn = function, better = "lower" }; or, for values of the whole data set, { name =, update = function(state, outputs, batch), finish = function(state), better = }
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

---Where a weight stands, for a technique of one's own, where and lut_function.
---@class WeightContext
---@field name string the weight's name
---@field weight Weight? the Weight
---@field target string the system that the model is for, such as iOS18: what it holds can be returned
---@field axis integer? the axis of output channels, from 0; nil if the operators that read the weight disagree
---@field input_axis integer? the axis of input channels, from 0; nil if the operators disagree
---@field groups integer groups of channels of the convolution that reads it; 1 for other operators
---@field is_dry_run boolean whether only sizes are wanted, so that values may be made up
---@field statistics table<string, Tensor>? Tensors of the weight's input by name, such as second_moments; nil without a calibration

---An operation of a model's program; constants and weights are not listed, but named by the operations that read them.
---@class Operation
---@field name string its name
---@field type string its operator, such as conv
---@field inputs table<string, string|string[]> the name bound to each parameter; a sequence of names for concat and the like
---@field outputs string[] the names of its values
---@field attributes table<string, any> the values of parameters that are constants and no weights
---@field weights table<string, string> the name of the weight bound to each parameter
---@field flops integer? floating-point operations of one run, or of one sample where the batch is open; a multiply-add counts as two; nil where other extents are open
---@field function_name string the function that contains it
---@field depth integer 0 in the function itself, more in the blocks of cond and while_loop

---An operation that rewrite passes to a function: as of model.operations, with Values as inputs.
---@class RewriteOperation
---@field name string its name
---@field type string its operator, such as conv
---@field inputs table<string, any> the Value bound to each parameter; a sequence of them for concat and the like; constants as plain values
---@field outputs string[] the names of its values
---@field attributes table<string, any> the values of parameters that are constants and no weights
---@field weights table<string, string> the name of the weight bound to each parameter
---@field flops integer? floating-point operations of one run, or of one sample where the batch is open; nil where other extents are open
---@field function_name string the function that contains it
---@field depth integer 0 in the function itself, more in the blocks of cond and while_loop

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

---What the nodes of one operator became.
---@class ConversionEntry
---@field operator string the source's operator
---@field count integer number of its nodes
---@field becomes table<string, integer> operations of the program by operator, before passes

---An operation that the function precision of wane.convert decides about.
---@class ConvertedOperation
---@field type string its operator, such as conv
---@field name string the name of its first value
---@field inputs table<string, string|string[]> the name bound to each parameter; a sequence of names for concat and the like; numbers are left out

---Nodes of a source that have no form in the program.
---@class UnsupportedOperator
---@field operator string the source's operator
---@field domain string its domain; empty for the standard one
---@field version integer? the imported version of the domain
---@field reason string why it cannot be converted
---@field count integer number of nodes
---@field nodes string[] names of the nodes' first outputs

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

---Ids with what models take beside them.
---@class Encoding
---@field ids integer[]|integer[][]|Tensor the ids
---@field type_ids integer[]|integer[][]|Tensor 0 for the first sequence, 1 for the second
---@field attention_mask integer[]|integer[][]|Tensor 1 for tokens, 0 for padding
---@field special_mask integer[]|integer[][]|Tensor 1 for tokens of the template and padding

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

---The error of one candidate in one weight.
---@class SensitivityRow
---@field weight string the weight
---@field op_type string type of the operator that reads it
---@field candidate string the candidate, in words
---@field count integer number of elements
---@field bytes_before integer bytes before
---@field bytes integer bytes after
---@field bits number stored bits of each element
---@field error number? the harm, which adds up over weights; nil if it is not known yet
---@field score number? the metric; nil if it was not measured

---A model that a search measured.
---@class SearchPoint
---@field name string its size relative to the model's
---@field bytes integer bytes of its weights
---@field score number the metric
---@field error number the predicted error

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
---@field report (CompressionReport|ConversionReport)? the report of the compression or conversion that made this model; nil for any other model
---@field history string[] the compression steps, oldest first
---@field metadata table<string, any> author, license, version, description and user-defined metadata
---@field operations Operation[]|table<string, Operation> the operations of its program but constants, by position and by name; those of the function that runs come first
---@field recipe Recipe the compression steps as a Recipe, which compresses another model in the same way
---@field curve Report? size against quality of the models that the search for this one measured, a Report; nil for any other model
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

---Run the model on data and collect statistics, for algorithms such as gptq.
---```lua
---local statistics = model:calibrate(data)
---```
---@param data Dataset a Dataset
---@param options? CalibrateOptions named options
---@return Statistics # Statistics
function Model:calibrate(data, options) end

---Find the error that each way of compressing causes in each weight, if it alone is compressed.
---```lua
---local s = model:sensitivity(data, { candidates = { { "palettize", nbits = 2 }, { "palettize", nbits = 4 } } })
---```
---@param data Dataset a Dataset that the error is measured on
---@param options? SensitivityOptions named options
---@return Sensitivity # Sensitivity
function Model:sensitivity(data, options) end

---Choose the compression of each weight so that the model fits a budget with the least error. After an interrupt at the prompt, the result has the points of the curve that are done.
---```lua
---local small = model:search(data, { budget = { size = 0.5 } })
---```
---@param data Dataset a Dataset
---@param options? SearchOptions named options
---@return Model # a Model with recipe, report and curve
function Model:search(data, options) end

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

---Store activations and weights as 8-bit integers, with ranges from calibration data (iOS17).
---```lua
---local w8a8 = model:quantize_activations{ calibration = data, mode = "linear" }
---```
---@param options? QuantizeActivationsOptions named options
---@return Model # a Model
function Model:quantize_activations(options) end

---The same function with smaller ranges of activations, which move into the weights that multiply them.
---```lua
---local smooth = model:equalize{ calibration = model:calibrate(data) }
---```
---@param options? EqualizeOptions named options
---@return Model # a Model
function Model:equalize(options) end

---Add the mean error of each layer's outputs, which compressed weights cause, to its bias.
---```lua
---local better = model:quantize{}:correct_bias(data, { reference = model })
---```
---@param data Dataset a Dataset
---@param options? CorrectBiasOptions named options
---@return Model # a Model
function Model:correct_bias(data, options) end

---The model with thinner layers in place of linear layers and convolutions: two by a singular value decomposition, three for kernels of several positions (Tucker). Give one of rank, energy and ratio.
---```lua
---local model = wane.load("examples/digits_cnn.mlpackage")
---local thin = model:factorize{ ratio = 0.5, weight_threshold = 1000 }
---print(thin.size < model.size)  --> true
---```
---@param options? FactorizeOptions named options
---@return Model|CompressionReport # a Model with a report; with dry_run only the report
function Model:factorize(options) end

---The model without its least important channels and attention heads: the weights that produce and read them are cut, and predictions become faster. Inputs and outputs keep their shapes.
---```lua
---local model = wane.load("examples/digits_cnn.mlpackage")
---local slim = model:slim{ ratio = 0.25 }
---print(slim:flops() < model:flops())  --> true
---```
---@param options SlimOptions named options
---@return Model|CompressionReport # a Model with a report; with dry_run only the report
function Model:slim(options) end

---The model with other weights of the same shapes. Numbers are rounded to the weight's element type; a Tensor or Encoded may also have the shape of weight.rows. Tensors of a file are matched by name; of dots and slashes in names, programs make `_`.
---```lua
---local model = wane.load("examples/digits_cnn.mlpackage")
---local signs = model:with_weights{ const_2 = wane.zeros(model.weights.const_2.shape) }
---print(signs.weights.const_2.max)  --> 0.0
---```
---@param weights string|table<string, Encoded|Tensor|table|number> a Tensor or an Encoded for each weight by name; or a file that wane.load_safetensors reads
---@param options? WithWeightsOptions named options
---@return Model # a Model with a report
function Model:with_weights(weights, options) end

---The model with the weights that a function returns.
---```lua
---local model = wane.load("examples/digits_cnn.mlpackage")
---local ternary = model:map_weights(function(w)
---  if w.count < 256 then return nil end
---  return wane.encode.palettized{ indices = wane.zeros(w.shape), lut = { 0, 1 } }
---end)
---print(ternary.report.compressed)  --> 4
---```
---@param function_ function called with each Weight and its context; returns a Tensor, an Encoded, or nil to keep the weight
---@param options? MapWeightsOptions named options
---@return Model # a Model with a report
function Model:map_weights(function_, options) end

---The model with other operations in place of those for which a function returns values. Names of values are kept, what only the replaced operations read is removed, and the result is verified.
---```lua
---local model = wane.load("examples/digits_cnn.mlpackage")
---local smooth = model:rewrite(function(op, g) return g.silu(op.inputs.x) end, { op_types = { "relu" } })
---print(smooth.operations[2].type)  --> silu
---```
---@param function_ function called with each operation and a Graph; returns a Value for each output of the operation, or nil to keep it
---@param options? RewriteOptions named options
---@return Model # a Model
function Model:rewrite(function_, options) end

---A part of the model, from given values to given values.
---```lua
---local model = wane.load("examples/digits_cnn.mlpackage")
---local first = model:extract{ outputs = { model.operations[1].outputs[1] } }
---print(#first.operations)  --> 1
---```
---@param options ExtractOptions named options
---@return Model # a Model
function Model:extract(options) end

---Parts of the model that compute the same one after the other: the outputs of a part are inputs of later ones.
---```lua
---local model = wane.load("examples/digits_cnn.mlpackage")
---local front, back = model:split{ parts = 2 }
---print(front:concat(back).outputs[1].name)  --> probabilities
---```
---@param options? SplitOptions named options
---@return any # the Models, in order
function Model:split(options) end

---This model followed by another one, whose inputs are outputs of this one by name.
---```lua
---local model = wane.load("examples/digits_cnn.mlpackage")
---local front, back = model:split{ parts = 2 }
---local middle = front.outputs[1].name
---print(#front:concat(back, { keep = { middle } }).outputs - #model.outputs)  --> 1
---```
---@param next Model the second model
---@param options? ConcatOptions named options
---@return Model # a Model with the outputs of both that are not consumed, and those of keep
function Model:concat(next, options) end

---The same program with less work: batch norms are folded into weights, gelu, silu, layer norms and (iOS18) attention that are written out become one operator, results that do not depend on the inputs become constants, and what is computed twice or not read is removed. Outputs stay the same up to rounding.
---```lua
---local model = wane.load("examples/digits_cnn.mlpackage")
---print(#model:optimize{}.operations <= #model.operations)  --> true
---```
---@param options? OptimizeOptions named options
---@return Model # a Model
function Model:optimize(options) end

---The model with inputs, outputs or other values under other names.
---```lua
---local model = wane.load("examples/digits_cnn.mlpackage")
---print(model:rename{ image = "pixels" }.inputs[1].name)  --> pixels
---```
---@param names table<string, string> new names by old ones
---@return Model # a Model
function Model:rename(names) end

---The model for inputs of fixed shapes.
---```lua
---local model = wane.load("examples/digits_cnn.mlpackage")
---print(model:materialize{ image = { 4, 1, 8, 8 } }.outputs[1].shape[1])  --> 4
---```
---@param shapes table<string, integer[]> the shape of each flexible input by name
---@return Model # a Model
function Model:materialize(shapes) end

---The model with other metadata: author, license, version, description, and any fields of one's own.
---```lua
---local model = wane.load("examples/digits_cnn.mlpackage")
---print(model:with_metadata{ author = "me", ["my.note"] = "first" }.metadata.author)  --> me
---```
---@param fields table<string, string> texts by name; an empty text removes a field of one's own
---@return Model # a Model
function Model:with_metadata(fields) end

---The model with other inputs and outputs: element types, images with scale and bias, shapes. The operations stay; casts and scales are put between.
---```lua
---local model = wane.load("examples/digits_cnn.mlpackage"):materialize{ image = { 1, 1, 8, 8 } }
---local pictures = model:with_interface{ image = { kind = "image", color = "grayscale", scale = 1 / 255 } }
---print(pictures.inputs.image.kind, pictures.inputs.image.width)  --> image	8
---```
---@param features table<string, table> for each input by name { dtype =, kind = "image"|"tensor", color = "rgb"|"bgr"|"grayscale", scale =, bias =, shape = }, where pixels become scale · pixel + bias, and an extent of shape is a number, { lower, upper } or -1 for any; outputs = { name = { dtype =, kind =, color =, scale =, bias = } }, where pixels are scale · value + bias
---@return Model # a Model
function Model:with_interface(features) end

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

---Continue a text with a language model. Its inputs are recognized: token ids, positions, masks, states. At the prompt, the text is printed as it comes, and Ctrl-C keeps what came. A prompt that is text is encoded with the special tokens of the tokenizer's template, and the text ends at its eos.
---```lua
---local net = wane.nn.sequential{ wane.nn.embedding{ num_embeddings = 1024, embedding_dim = 8 }, wane.nn.linear{ out_features = 1024 } }
---local lm = wane.nn.model(net, { inputs = { input_ids = { shape = { 16 }, dtype = "int32" } }, outputs = { "logits" } })
---local tokenizer = wane.tokenizer "examples/tokenizer.json"
---local text, ids, info = lm:generate("Compress the", { tokenizer = tokenizer, max_tokens = 4, temperature = 0.8, top_p = 0.95, seed = 1 })
---print(type(text), #ids <= 4, info.prompt_tokens > 1)  --> string	true	true
---```
---@param prompt? any a text, a sequence of token ids, or a Tensor of them
---@param options? GenerateOptions named options
---@return string|nil # the text without the prompt (nil without a tokenizer), a sequence of its ids, and a table: tokens_per_second, prefill_ms, prompt_tokens, stopped (why it ended)
function Model:generate(prompt, options) end

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

---Replace the content of a state.
---@param name string which state
---@param value Tensor|table|number of the state's shape
function State:write(name, value) end

---An independent state with the same content, to return to this moment later.
---@return State # a State
function State:copy() end

---Set all states to zero, as make_state() does.
function State:reset() end

---Forget the positions from a number on: a cache of keys and values is then as after that many tokens, and the next prediction continues there. States that the program replaces as a whole have no positions, which is an error.
---@param count integer how many positions to keep
function State:truncate(count) end

---Write all states to a NumPy archive, in the precision of the computation.
---@param path string an .npz file; replaced
function State:save(path) end

---Replace all states by those of an archive that save wrote: predictions then continue with the same results.
---@param path string an .npz file
function State:load(path) end

---A dense array of one element type. Positions count from 0, as in the model file; tables that hold its values count from 1, as Lua does.
---@class Tensor
---@field shape integer[] extents, outermost axis first
---@field dtype string element type, e.g. float32
---@field count integer number of elements
---@operator len: integer
---@operator add(any): Tensor
---@operator sub(any): Tensor
---@operator mul(any): Tensor
---@operator div(any): Tensor
---@operator idiv(any): Tensor
---@operator mod(any): Tensor
---@operator pow(any): Tensor
---@operator unm: Tensor
local Tensor = {}

---All elements as nested tables, counted from 1.
---@return table|number|boolean # a table, or a number for a scalar
function Tensor:to_table() end

---The same values as another element type, as PyTorch does it: floats are rounded to nearest and become infinite beyond the range; for integers fractions are cut off; integers wrap into narrower ones; anything but 0 is true. Floats beyond an integer type are clamped, NaN is 0. What is given to a model or to wane.tensor is refused instead.
---@param dtype "float16"|"float32"|"float64"|"int8"|"uint8"|"int16"|"uint16"|"int32"|"int64"|"bool"|"uint1"|"uint2"|"uint3"|"uint4"|"uint6"|"int4" element type
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

---The same elements with a different shape.
---```lua
---print(wane.zeros({2, 6}):reshape{ 3, -1 }.shape[2])  --> 4
---```
---@param shape integer[] extents; one may be -1
---@return Tensor # a Tensor
function Tensor:reshape(shape) end

---The axes in another order; reversed if it is left out. Two numbers exchange two axes.
---```lua
---print(wane.zeros{ 2, 3, 4 }:transpose{ 2, 0, 1 }.shape[1])  --> 4
---```
---@param axes? integer|integer[] for each axis of the result its axis now, from 0
---@param with? integer the axis to exchange with, if axes is one number
---@return Tensor # a Tensor
function Tensor:transpose(axes, with) end

---Without axes of extent 1.
---```lua
---print(wane.zeros{ 1, 3, 1 }:squeeze().shape[1])  --> 3
---```
---@param axes? integer|integer[] which axes, from 0; by default all of extent 1
---@return Tensor # a Tensor
function Tensor:squeeze(axes) end

---With axes of extent 1 inserted.
---```lua
---print(wane.zeros{ 3 }:unsqueeze(0).shape[2])  --> 3
---```
---@param axes integer|integer[] their places in the result, from 0
---@return Tensor # a Tensor
function Tensor:unsqueeze(axes) end

---Repeated along axes of extent 1 and along new axes in front.
---```lua
---print(wane.tensor{ { 1 }, { 2 } }:expand{ 2, 3 }:at{ 1, 2 })  --> 2.0
---```
---@param shape integer[] extents; -1 keeps one
---@return Tensor # a Tensor
function Tensor:expand(shape) end

---The whole tensor repeated.
---```lua
---print(wane.tensor{ 1, 2 }:tile(2):at{ 2 })  --> 1.0
---```
---@param repetitions integer|integer[] how often along each axis; a number for the last axis
---@return Tensor # a Tensor
function Tensor:tile(repetitions) end

---With positions added at both ends of axes.
---```lua
---print(wane.tensor{ 1, 2, 3 }:pad{ widths = { { 2, 0 } }, mode = "reflect" }:at{ 0 })  --> 3.0
---```
---@param options PadOptions named options
---@return Tensor # a Tensor
function Tensor:pad(options) end

---Mirrored along axes.
---```lua
---print(wane.tensor{ 1, 2, 3 }:flip(0):to_table()[1])  --> 3.0
---```
---@param axes? integer|integer[] which axes, from 0; by default all
---@return Tensor # a Tensor
function Tensor:flip(axes) end

---Positions moved along an axis; those beyond the end return at the start.
---```lua
---print(wane.tensor{ 1, 2, 3 }:roll(1):at{ 0 })  --> 3.0
---```
---@param shift integer number of positions; negative towards the front
---@param axis? integer which axis, from 0; by default all elements in row-major order
---@return Tensor # a Tensor
function Tensor:roll(shift, axis) end

---An axis cut into parts.
---```lua
---local a, b = table.unpack(wane.tensor{ 1, 2, 3 }:split{ 1, 2 })
---print(b:at{ 1 })  --> 3.0
---```
---@param sizes integer|integer[] the extents of the parts; a number for parts of that extent, the last may be shorter
---@param axis? integer which axis, from 0
---@return Tensor[] # a sequence of Tensors; table.unpack gives them as values
function Tensor:split(sizes, axis) end

---Part of an axis. Negative positions count from the end.
---```lua
---print(wane.zeros({4, 3}):slice(0, 1, 3).shape[1], wane.tensor{ 1, 2, 3 }:slice(0, nil, nil, -1):at{ 0 })  --> 2	3.0
---```
---@param axis integer which axis, from 0
---@param from? integer first position, from 0; by default the first, or the last for a negative step
---@param to? integer position after the last; by default the end
---@param step? integer distance of positions; negative backwards
---@return Tensor # a Tensor
function Tensor:slice(axis, from, to, step) end

---The elements on and below a diagonal of the last two axes; the others are 0.
---```lua
---print(wane.ones{ 2, 2 }:tril():at{ 0, 1 })  --> 0.0
---```
---@param diagonal? integer which: 0 the main one, positive above it
---@return Tensor # a Tensor
function Tensor:tril(diagonal) end

---The elements on and above a diagonal of the last two axes; the others are 0.
---```lua
---print(wane.ones{ 2, 2 }:triu():at{ 1, 0 })  --> 0.0
---```
---@param diagonal? integer which: 0 the main one, positive above it
---@return Tensor # a Tensor
function Tensor:triu(diagonal) end

---One element, or for fewer indices than axes the part there.
---```lua
---local t = wane.tensor{ {1, 2}, {3, 4} }
---print(t:at{ 1, 0 }, t:at{ 1 }.shape[1])  --> 3.0	2
---```
---@param position integer[] an index an axis, from 0; negative from the end
---@return number|boolean|Tensor # the element, or a Tensor
function Tensor:at(position) end

---A copy with other values at a position or where a mask is true.
---```lua
---local t = wane.tensor{ { 1, 2 }, { 3, 4 } }
---print(t:set({ 0, 1 }, 9):at{ 0, 1 }, t:set(t:gt(2), 0):sum())  --> 9.0	3.0
---```
---@param where Tensor|table|integer an index an axis, from 0 (fewer for the part there), or a bool Tensor
---@param x Tensor|number|boolean|table a number or Tensor that broadcasts to what it replaces; for a mask also one value for each true
---@return Tensor # a Tensor
function Tensor:set(where, x) end

---Positions of an axis by their indices, in any order and number; or, for a mask, the elements where it is true.
---```lua
---local t = wane.tensor{ 10, 20, 30 }
---print(t:take({ 2, 0 }, 0):at{ 0 }, t:take(t:gt(15)).count)  --> 30.0	2
---```
---@param indices Tensor|table|integer indices from 0, negative from the end: a number, a table, a Tensor; or a bool Tensor of the shape of the first axes
---@param axis? integer which axis, from 0; by default the elements in row-major order
---@return Tensor # a Tensor
function Tensor:take(indices, axis) end

---An element for each index along an axis, as argsort returns them.
---```lua
---local t = wane.tensor{ 3, 1, 2 }
---print(t:take_along(t:argsort()):at{ 0 })  --> 1.0
---```
---@param indices Tensor|table|integer of the shape of the tensor but for the axis
---@param axis? integer which axis, from 0
---@return Tensor # a Tensor
function Tensor:take_along(indices, axis) end

---The elements sorted along an axis, stable; NaN last.
---```lua
---local values, indices = wane.tensor{ 3, 1, 2 }:sort(0, { descending = true })
---print(values:at{ 0 }, indices:at{ 1 })  --> 3.0	2
---```
---@param axis? integer which axis, from 0
---@param options? SortOptions named options
---@return Tensor # a Tensor of values, and an int32 Tensor of their indices
function Tensor:sort(axis, options) end

---The indices that sort an axis, stable; NaN last.
---```lua
---print(wane.tensor{ 3, 1, 2 }:argsort():at{ 0 })  --> 1
---```
---@param axis? integer which axis, from 0
---@param options? SortOptions named options
---@return Tensor # an int32 Tensor
function Tensor:argsort(axis, options) end

---The k largest elements along an axis, in order.
---```lua
---local values, indices = wane.tensor{ 3, 9, 2 }:topk(2)
---print(values:at{ 1 }, indices:at{ 0 })  --> 3.0	1
---```
---@param k integer how many
---@param axis? integer which axis, from 0
---@param options? TopKOptions named options
---@return Tensor # a Tensor of values, and an int32 Tensor of their indices
function Tensor:topk(k, axis, options) end

---The distinct elements, ascending, and how often each occurs.
---```lua
---local values, counts = wane.tensor{ 2, 1, 2 }:unique()
---print(values:at{ 1 }, counts:at{ 1 })  --> 2.0	2
---```
---@return Tensor # a Tensor of values, and an int64 Tensor of counts
function Tensor:unique() end

---The indices of the elements that are not 0, one row each.
---```lua
---print(wane.tensor{ 0, 5, 7 }:nonzero():at{ 1, 0 })  --> 2
---```
---@return Tensor # an int32 Tensor of shape { elements, rank }
function Tensor:nonzero() end

---Where the elements are equal to those of x; t == x compares whole Tensors.
---```lua
---print(wane.tensor{ 2, 1 }:eq(2):at{ 1 })  --> false
---```
---@param x Tensor|number|boolean|table a Tensor or a number; both broadcast
---@return Tensor # a bool Tensor
function Tensor:eq(x) end

---Where the elements are not equal to those of x; t == x compares whole Tensors.
---```lua
---print(wane.tensor{ 2, 1 }:ne(2):at{ 1 })  --> true
---```
---@param x Tensor|number|boolean|table a Tensor or a number; both broadcast
---@return Tensor # a bool Tensor
function Tensor:ne(x) end

---Where the elements are less than those of x; t == x compares whole Tensors.
---```lua
---print(wane.tensor{ 2, 1 }:lt(2):at{ 1 })  --> true
---```
---@param x Tensor|number|boolean|table a Tensor or a number; both broadcast
---@return Tensor # a bool Tensor
function Tensor:lt(x) end

---Where the elements are less than or equal to those of x; t == x compares whole Tensors.
---```lua
---print(wane.tensor{ 2, 1 }:le(2):at{ 1 })  --> true
---```
---@param x Tensor|number|boolean|table a Tensor or a number; both broadcast
---@return Tensor # a bool Tensor
function Tensor:le(x) end

---Where the elements are greater than those of x; t == x compares whole Tensors.
---```lua
---print(wane.tensor{ 2, 1 }:gt(2):at{ 1 })  --> false
---```
---@param x Tensor|number|boolean|table a Tensor or a number; both broadcast
---@return Tensor # a bool Tensor
function Tensor:gt(x) end

---Where the elements are greater than or equal to those of x; t == x compares whole Tensors.
---```lua
---print(wane.tensor{ 2, 1 }:ge(2):at{ 1 })  --> false
---```
---@param x Tensor|number|boolean|table a Tensor or a number; both broadcast
---@return Tensor # a bool Tensor
function Tensor:ge(x) end

---Where both are true; everything but 0 counts as true.
---```lua
---print(wane.tensor{ true, false }:logical_and{ true, true }:at{ 0 })  --> true
---```
---@param x Tensor|number|boolean|table a Tensor, a number or a boolean; both broadcast
---@return Tensor # a bool Tensor
function Tensor:logical_and(x) end

---Where one of them is true; everything but 0 counts as true.
---```lua
---print(wane.tensor{ true, false }:logical_or{ true, true }:at{ 0 })  --> true
---```
---@param x Tensor|number|boolean|table a Tensor, a number or a boolean; both broadcast
---@return Tensor # a bool Tensor
function Tensor:logical_or(x) end

---Where exactly one is true; everything but 0 counts as true.
---```lua
---print(wane.tensor{ true, false }:logical_xor{ true, true }:at{ 0 })  --> false
---```
---@param x Tensor|number|boolean|table a Tensor, a number or a boolean; both broadcast
---@return Tensor # a bool Tensor
function Tensor:logical_xor(x) end

---Where the elements are 0 or false.
---```lua
---print(wane.tensor{ true, false }:logical_not():at{ 1 })  --> true
---```
---@return Tensor # a bool Tensor
function Tensor:logical_not() end

---The larger of each element and x; NaN where either is. t:max() reduces.
---```lua
---print(wane.tensor{ 2, 3 }:maximum(3):at{ 0 })  --> 3.0
---```
---@param x Tensor|number|boolean|table a Tensor or a number; both broadcast
---@return Tensor # a Tensor
function Tensor:maximum(x) end

---The smaller of each element and x; NaN where either is. t:min() reduces.
---```lua
---print(wane.tensor{ 2, 3 }:minimum(2):at{ 0 })  --> 2.0
---```
---@param x Tensor|number|boolean|table a Tensor or a number; both broadcast
---@return Tensor # a Tensor
function Tensor:minimum(x) end

---The magnitude of each element.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:abs()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:abs() end

----1, 0 or 1, the sign of each element.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:sign()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:sign() end

---The square of each element.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:square()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:square() end

---The larger of 0 and the value of each element.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:relu()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:relu() end

---The nearest integer (the even one for halves) of each element.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:round()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:round() end

---The largest integer not above of each element.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:floor()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:floor() end

---The smallest integer not below of each element.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:ceil()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:ceil() end

---The integer part of each element.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:trunc()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:trunc() end

---e to the power of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:exp()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:exp() end

---2 to the power of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:exp2()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:exp2() end

---exp(x) - 1, exact near 0, of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:expm1()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:expm1() end

---The natural logarithm of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:log()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:log() end

---The binary logarithm of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:log2()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:log2() end

---The decimal logarithm of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:log10()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:log10() end

---log(1 + x), exact near 0, of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:log1p()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:log1p() end

---The square root of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:sqrt()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:sqrt() end

---The reciprocal of the square root of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:rsqrt()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:rsqrt() end

---The reciprocal of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:reciprocal()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:reciprocal() end

---The sine of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:sin()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:sin() end

---The cosine of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:cos()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:cos() end

---The tangent of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:tan()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:tan() end

---The arc sine of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:asin()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:asin() end

---The arc cosine of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:acos()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:acos() end

---The arc tangent of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:atan()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:atan() end

---The hyperbolic sine of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:sinh()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:sinh() end

---The hyperbolic cosine of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:cosh()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:cosh() end

---The hyperbolic tangent of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:tanh()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:tanh() end

---The inverse hyperbolic sine of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:asinh()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:asinh() end

---The inverse hyperbolic cosine of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:acosh()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:acosh() end

---The inverse hyperbolic tangent of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:atanh()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:atanh() end

---1 / (1 + exp(-x)) of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:sigmoid()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:sigmoid() end

---The error function of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:erf()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:erf() end

---x · sigmoid(x) of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:silu()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:silu() end

---log(1 + exp x) of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:softplus()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:softplus() end

---x Φ(x), by the error function, of each element. Integers give float32.
---```lua
---local y = wane.tensor{ 0.25, 0.5 }:gelu()
---```
---@return Tensor # a Tensor of the same shape
function Tensor:gelu() end

---Where the elements are NaN.
---```lua
---print(wane.tensor{ 1 }:isnan():at{ 0 })  --> false
---```
---@return Tensor # a bool Tensor
function Tensor:isnan() end

---Where the elements are infinite.
---```lua
---print(wane.tensor{ 1 }:isinf():at{ 0 })  --> false
---```
---@return Tensor # a bool Tensor
function Tensor:isinf() end

---Where the elements are neither NaN nor infinite.
---```lua
---print(wane.tensor{ 1 }:isfinite():at{ 0 })  --> true
---```
---@return Tensor # a bool Tensor
function Tensor:isfinite() end

---The elements limited to low … high; NaN stays.
---```lua
---print(wane.tensor{ -2, 5 }:clip(0, 1):at{ 1 })  --> 1.0
---```
---@param low? Tensor|number|boolean|table a number or Tensor, or nil
---@param high? Tensor|number|boolean|table a number or Tensor, or nil
---@return Tensor # a Tensor
function Tensor:clip(low, high) end

---exp x / Σ exp x along an axis.
---```lua
---print(wane.tensor{ 0, 0 }:softmax():at{ 1 })  --> 0.5
---```
---@param axis? integer which axis, from 0
---@return Tensor # a Tensor
function Tensor:softmax(axis) end

---The results of a Lua function for each element; slow for large tensors.
---```lua
---print(wane.tensor{ 1, 2 }:map(function(x) return x * 10 end):at{ 1 })  --> 20.0
---```
---@param function_ function a function of one element that returns a number or boolean
---@return Tensor # a Tensor: bool for booleans, the dtype of the tensor if it holds the results, else float32 or float64
function Tensor:map(function_) end

---The sum. Without axes a number, in double precision; with axes the dtype of the elements, int64 for integers.
---```lua
---local t = wane.tensor{ { 1, 2, 3 }, { 4, 5, 6 } }
---print(t:sum(), t:sum(0).shape[1])  --> 21.0	3
---```
---@param axes? integer|integer[] an axis or several, from 0 (negative from the end); all if it is left out
---@param options? SumReductionOptions named options; also as the only argument
---@return number|Tensor # a number without axes, else a Tensor without these axes
function Tensor:sum(axes, options) end

---The mean. Without axes a number, in double precision; with axes float32 for integers.
---```lua
---local t = wane.tensor{ { 1, 2, 3 }, { 4, 5, 6 } }
---print(t:mean(), t:mean(0).shape[1])  --> 3.5	3
---```
---@param axes? integer|integer[] an axis or several, from 0 (negative from the end); all if it is left out
---@param options? MeanReductionOptions named options; also as the only argument
---@return number|Tensor # a number without axes, else a Tensor without these axes
function Tensor:mean(axes, options) end

---The smallest element; NaN if there is one.
---```lua
---local t = wane.tensor{ { 1, 2, 3 }, { 4, 5, 6 } }
---print(t:min(), t:min(0).shape[1])  --> 1.0	3
---```
---@param axes? integer|integer[] an axis or several, from 0 (negative from the end); all if it is left out
---@param options? MinReductionOptions named options; also as the only argument
---@return number|Tensor # a number without axes, else a Tensor without these axes
function Tensor:min(axes, options) end

---The largest element; NaN if there is one.
---```lua
---local t = wane.tensor{ { 1, 2, 3 }, { 4, 5, 6 } }
---print(t:max(), t:max(0).shape[1])  --> 6.0	3
---```
---@param axes? integer|integer[] an axis or several, from 0 (negative from the end); all if it is left out
---@param options? MaxReductionOptions named options; also as the only argument
---@return number|Tensor # a number without axes, else a Tensor without these axes
function Tensor:max(axes, options) end

---The product; int64 for integers.
---```lua
---local t = wane.tensor{ { 1, 2, 3 }, { 4, 5, 6 } }
---print(t:prod(), t:prod(0).shape[1])  --> 720.0	3
---```
---@param axes? integer|integer[] an axis or several, from 0 (negative from the end); all if it is left out
---@param options? ProdReductionOptions named options; also as the only argument
---@return number|Tensor # a number without axes, else a Tensor without these axes
function Tensor:prod(axes, options) end

---The variance: squared deviations from the mean divided by the number of elements less 1, as in PyTorch (NumPy: correction = 0).
---```lua
---print(wane.tensor{ 1, 2, 3 }:var())  --> 1.0
---```
---@param axes? integer|integer[] an axis or several, from 0 (negative from the end); all if it is left out
---@param options? VarReductionOptions named options; also as the only argument
---@return number|Tensor # a number without axes, else a Tensor
function Tensor:var(axes, options) end

---The standard deviation, with the number of elements less 1 as in PyTorch (NumPy: correction = 0).
---```lua
---print(wane.tensor{ 1, 3 }:std{ correction = 0 })  --> 1.0
---```
---@param axes? integer|integer[] an axis or several, from 0 (negative from the end); all if it is left out
---@param options? StdReductionOptions named options; also as the only argument
---@return number|Tensor # a number without axes, else a Tensor
function Tensor:std(axes, options) end

---The norm of the elements along axes: (Σ|x|^ord)^(1/ord).
---```lua
---print(wane.tensor{ 3, 4 }:norm(), wane.tensor{ 3, -4 }:norm{ ord = math.huge })  --> 5.0	4.0
---```
---@param axes? integer|integer[] an axis or several, from 0 (negative from the end); all if it is left out
---@param options? NormReductionOptions named options; also as the only argument
---@return number|Tensor # a number without axes, else a Tensor
function Tensor:norm(axes, options) end

---log Σ exp x, without overflow.
---```lua
---print(wane.tensor{ 1000, 1000 }:logsumexp() > 1000)  --> true
---```
---@param axes? integer|integer[] an axis or several, from 0 (negative from the end); all if it is left out
---@param options? LogSumExpReductionOptions named options; also as the only argument
---@return number|Tensor # a number without axes, else a Tensor
function Tensor:logsumexp(axes, options) end

---Whether any element is true or not 0.
---```lua
---print(wane.tensor{ 0, 1 }:any())  --> true
---```
---@param axes? integer|integer[] an axis or several, from 0 (negative from the end); all if it is left out
---@param options? AnyReductionOptions named options; also as the only argument
---@return boolean|Tensor # a boolean without axes, else a bool Tensor
function Tensor:any(axes, options) end

---Whether every element is true or not 0.
---```lua
---print(wane.tensor{ 0, 1 }:all())  --> false
---```
---@param axes? integer|integer[] an axis or several, from 0 (negative from the end); all if it is left out
---@param options? AllReductionOptions named options; also as the only argument
---@return boolean|Tensor # a boolean without axes, else a bool Tensor
function Tensor:all(axes, options) end

---The number of elements that are true or not 0.
---```lua
---print(wane.tensor{ 0, 1, 2 }:count_nonzero())  --> 2
---```
---@param axes? integer|integer[] an axis or several, from 0 (negative from the end); all if it is left out
---@param options? CountNonzeroReductionOptions named options; also as the only argument
---@return number|Tensor # an integer without axes, else an int64 Tensor
function Tensor:count_nonzero(axes, options) end

---Indices of the largest elements along an axis, the first of equal ones.
---```lua
---print(wane.tensor{ 3, 9, 1 }:argmax():at{})  --> 1
---```
---@param axis? integer which axis, from 0
---@param options? ArgmaxOptions named options
---@return Tensor # an int32 Tensor without that axis
function Tensor:argmax(axis, options) end

---Indices of the smallest elements along an axis, the first of equal ones.
---```lua
---print(wane.tensor{ 3, 9, 1 }:argmin():at{})  --> 2
---```
---@param axis? integer which axis, from 0
---@param options? ArgminOptions named options
---@return Tensor # an int32 Tensor without that axis
function Tensor:argmin(axis, options) end

---Cumulative sums along an axis; int64 for integers.
---```lua
---print(wane.tensor{ 1, 2, 3 }:cumsum():at{ 2 })  --> 6.0
---```
---@param axis? integer which axis, from 0
---@return Tensor # a Tensor
function Tensor:cumsum(axis) end

---Cumulative products along an axis; int64 for integers.
---```lua
---print(wane.tensor{ 1, 2, 3 }:cumprod():at{ 2 })  --> 6.0
---```
---@param axis? integer which axis, from 0
---@return Tensor # a Tensor
function Tensor:cumprod(axis) end

---The median; the mean of the two middle elements if their number is even, as in NumPy.
---```lua
---print(wane.tensor{ 4, 1, 2, 3 }:median())  --> 2.5
---```
---@param axis? integer which axis, from 0; by default all elements
---@param options? MedianOptions named options
---@return number|Tensor # a number without axis, else a Tensor
function Tensor:median(axis, options) end

---Quantiles, interpolated linearly unless method says otherwise.
---```lua
---print(wane.tensor{ 1, 2, 3, 4, 5 }:quantile(0.25))  --> 2.0
---```
---@param q? any 0 to 1; a table of several adds a first axis
---@param axis? integer which axis, from 0; by default all elements
---@param options? QuantileOptions named options
---@return number|Tensor # a number for one q without axis, else a Tensor
function Tensor:quantile(q, axis, options) end

---The number of elements in each bin. The last bin includes its upper edge; elements outside all bins are not counted.
---```lua
---local counts, edges = wane.tensor{ 0, 1, 1, 4 }:histogram{ bins = 2 }
---print(counts:at{ 0 }, edges:at{ 1 })  --> 3	2.0
---```
---@param options? TensorHistogramOptions named options
---@return Tensor # an int64 Tensor of counts, and a Tensor of the edges, one more
function Tensor:histogram(options) end

---The matrix product over the last axis and the last but one of u; leading axes broadcast, vectors as in NumPy.
---```lua
---local a = wane.tensor{ { 1, 2 }, { 3, 4 } }
---print(a:matmul(a):at{ 1, 1 }, wane.tensor{ 1, 2 }:matmul{ 3, 4 })  --> 22.0	11.0
---```
---@param u Tensor|number|boolean|table a Tensor
---@return number|Tensor # a Tensor, or a number for two vectors
function Tensor:matmul(u) end

---Shifted along an axis, filled with zeros.
---```lua
---print(wane.tensor{ 1, 2, 3 }:shift(0, 1):to_table()[1])  --> 0.0
---```
---@param axis integer which axis, from 0
---@param by integer number of positions; negative towards the front
---@return Tensor # a Tensor
function Tensor:shift(axis, by) end

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
---@field values Tensor its values, decoded, in the layout of the model
---@field rows Tensor its values as a matrix: a row for each output channel, all other axes as columns
---@field axis integer? the axis of output channels, from 0; nil if the operators that read it disagree
---@field input string? the name of the value that the first operator combines with it; nil if there is none
---@field stored table its parts as the model stores them: { kind = "dense", values = }, "quantized" { codes, scale, offset }, "palettized" { indices, lut, vector_axis }, "sparse" { mask, values }; nested for joint forms
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

---A weight in a compressed form: for model:with_weights, model:map_weights and techniques of one's own.
---@class Encoded
---@field scheme string quantized, palettized, sparse, or a joint one
---@field shape integer[] extents of the weight
---@field dtype string element type of the decoded weight
---@field count integer number of elements of the weight
---@field bytes integer bytes of all stored parts: codes, tables, masks, scales, offsets
---@field bits number stored bits per element, tables and scales included
---@field target string the oldest system whose models can hold it, such as iOS16
---@field stored table its parts, as those of weight.stored
local Encoded = {}

---The values that it stands for.
---```lua
---local e = wane.encode.quantized{ codes = { { -8, 7 }, { 1, 0 } }, scale = { 0.5, 2 } }
---print(e.bytes, e:decode():at{ 0, 1 }, e:decode():at{ 1, 0 })  --> 10	3.5	2.0
---```
---@return Tensor # a Tensor
function Encoded:decode() end

---A compression technique of one's own: a step of model:compress and of recipes.
---@class Technique
---@field name string its name as a step
---@field doc string its description
---@field digest string SHA-256 of its compiled function, as the history of a model records it
local Technique = {}


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

---What became of the operators of a converted file, with notes.
---@class ConversionReport
---@field nodes integer number of converted nodes
---@field operations integer number of operations of the program, without constants
---@field operators table<string, integer> operations of the program by operator
---@field notes string[] what was changed or decided, as sentences
---@field unsupported UnsupportedOperator[] after a dry run: operators without a form in the program, with reason and nodes
---@field [integer] ConversionEntry counted from 1
---@operator len: integer
local ConversionReport = {}


---Steps of compression, for model:compress(recipe).
---@class Recipe
---@field steps string[] what is done, in words, in order
---@operator len: integer
local Recipe = {}

---The recipe as YAML; of one step, as coremltools reads it.
---@return string # a string
function Recipe:to_yaml() end

---What calibration data tell of a model: a value that can be saved, loaded and merged.
---@class Statistics
---@field samples integer number of samples
---@field positions number number of vectors that the first weight multiplies; masked ones do not count
---@field values table<string, ValueStatistics> a ValueStatistics for each value, by its name
---@field squared_gradients table<string, Tensor> Tensors by the name of the weight's value; needs collect = { "fisher" }
local Statistics = {}

---The statistics of both, which must be of the same model and collect the same.
---@param other Statistics Statistics
---@return Statistics # Statistics
function Statistics:merge(other) end

---Write the statistics to a file, which wane.load_statistics reads.
---```lua
---model:calibrate(data):save("digits.stats.npz")
---```
---@param path string an .npz file; replaced
function Statistics:save(path) end

---What calibration data tell of one value. Fields that were not collected are nil.
---@class ValueStatistics
---@field name string the value
---@field min number? the lowest element
---@field max number? the highest element
---@field mean number? the mean of all elements
---@field rms number? the root mean square of all elements
---@field histogram Tensor? numbers of elements in bins of equal width from min to max; needs collect = { "histograms" }
---@field size integer? elements of a vector that a weight multiplies
---@field positions number? number of vectors
---@field absmax Tensor? the largest magnitude of each element of the vectors, [groups, size]
---@field means Tensor? the mean of each element of the vectors, [groups, size]
---@field mean_squares Tensor? the mean of each element's square, [groups, size]
---@field second_moments Tensor? the mean of x xᵀ, [size, size], of the first group of channels
local ValueStatistics = {}

---The number below which a percentage of all elements lies; needs collect = { "histograms" }.
---```lua
---model:calibrate(data, { collect = { "histograms" } }).values.image:percentile(99.9)
---```
---@param q number from 0 to 100
---@return number # a number
function ValueStatistics:percentile(q) end

---Draw the histogram; needs collect = { "histograms" }.
---```lua
---model:calibrate(data, { collect = { "histograms" } }).values.image:plot{}
---```
---@param options? ValuePlotOptions named options
function ValueStatistics:plot(options) end

---The error that each candidate causes in each weight: a sequence of rows.
---@class Sensitivity
---@field metric string the metric of the scores; fisher for errors from squared gradients
---@field candidates string[] the candidates, in words
---@field complete boolean whether all rows are known; false after an interrupt
---@field [integer] SensitivityRow counted from 1
---@operator len: integer
local Sensitivity = {}

---The recipe of least total error within a budget, without running anything.
---```lua
---local small = model:compress(model:sensitivity(data):best{ size = 0.5 })
---```
---@param budget table { size = 0.25 }, { bits = 4 } or { bytes = 3e6 }
---@return Recipe # a Recipe
function Sensitivity:best(budget) end

---Draw a heat map of weights and candidates, or bars of the worst candidates.
---```lua
---model:sensitivity(data):plot{}
---```
---@param options? SensitivityPlotOptions named options
function Sensitivity:plot(options) end

---Write all rows.
---@param path string a .csv file; replaced
function Sensitivity:to_csv(path) end

---What differs between two models: a sequence of rows, empty when nothing does.
---@class Difference
---@field [integer] DifferenceRow counted from 1
---@operator len: integer
local Difference = {}


---Samples with labels, cut into batches.
---@class Dataset
---@field count integer number of samples
---@field batch_size integer samples a batch
---@field inputs table<string, Tensor> all samples in their order, by input; samples from files are read
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

---The first samples.
---```lua
---print(data:take(10).count)  --> 10
---```
---@param count integer how many
---@return Dataset # a Dataset
function Dataset:take(count) end

---Two data sets: the first with a share of the samples, the second with the others.
---```lua
---local train, test = data:split(0.75, { seed = 1 })
---print(train.count, test.count)  --> 298	99
---```
---@param share number between 0 and 1
---@param options? SplitDatasetOptions named options
---@return Dataset # a Dataset and a Dataset
function Dataset:split(share, options) end

---The samples of both, one after the other; inputs, shapes and classes must be equal.
---```lua
---print(data:take(3):concat(data:take(2)).count)  --> 5
---```
---@param other Dataset a Dataset
---@return Dataset # a Dataset
function Dataset:concat(other) end

---The same samples, changed by a function, which is called for each when it is read. It is given a table: inputs (Tensors by name, without the sample axis), labels (a number or Tensor) and index (from 1). What the returned table does not have stays as it is; labels = false removes them. It runs on the script's thread, while other threads read files ahead.
---```lua
---local negative = data:map(function(s) return { inputs = { image = -s.inputs.image } } end)
---print(negative.count)  --> 397
---```
---@param f function function(sample) that returns { inputs =, labels = }
---@return Dataset # a Dataset
function Dataset:map(f) end

---Write the samples to a NumPy archive, which wane.dataset reads again.
---@param path string an .npz file; replaced
function Dataset:to_npz(path) end

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
---@field f1 number? mean over classes that occur in labels or predictions of 2 tp / (2 tp + fp + fn), predictions by argmax; nil when it was not measured
---@field auc number? probability that a positive sample scores higher than a negative one, equal scores count half; two classes: of class 1; more: mean over classes, each against the others, that have samples of both kinds, with logits through softmax; nil when it was not measured
---@field iou number? mean over classes that occur in labels or predictions of tp / (tp + fp + fn), predictions by argmax; positions with negative labels do not count; nil when it was not measured
---@field confusion Confusion? the confusion matrix; nil when it was not measured
---@field perplexity number? exp of the mean over positions of −ln p(label); labels are the next tokens, positions with negative labels do not count; logits go through softmax; nil when it was not measured
---@field pearson number? covariance of output and label, divided by both standard deviations, over all elements of the data set; nil when it was not measured
---@field spearman number? Pearson's correlation of the ranks of output and label, equal values have their mean rank, over all elements of the data set; nil when it was not measured
---@field wer number? insertions, deletions and substitutions that turn the predicted sequence of each sample into its label, divided by the number of words in all labels; words are ids, negative ones are padding; predictions by argmax if the output has scores; nil when it was not measured
---@field ece number? mean over samples, in 15 bins of equal width by the probability of the best class, of |accuracy − probability| of the bin; logits go through softmax; nil when it was not measured
local Result = {}


---Counts of samples by label and prediction.
---@class Confusion
---@field matrix Tensor an int32 Tensor of the shape {classes, classes}: rows are labels, columns predictions
---@field classes string[]? names of the classes; nil if they have none
---@field samples integer number of samples
---@field error_rate number share of samples that were not predicted to be of their class
---@field recall number[] by class, in their order: the share of its samples that were found; nan for a class without samples
---@field precision number[] by class, in their order: the share of its predictions that are right; nan for a class without predictions
local Confusion = {}

---Draw the shares of each label's samples as a heat map.
---```lua
---model:evaluate(data, { metrics = { "confusion" } }).confusion:plot{}
---```
---@param options? ConfusionPlotOptions named options
function Confusion:plot(options) end

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
---@field f1 number? mean over classes that occur in labels or predictions of 2 tp / (2 tp + fp + fn), predictions by argmax; nil when it was not measured
---@field auc number? probability that a positive sample scores higher than a negative one, equal scores count half; two classes: of class 1; more: mean over classes, each against the others, that have samples of both kinds, with logits through softmax; nil when it was not measured
---@field iou number? mean over classes that occur in labels or predictions of tp / (tp + fp + fn), predictions by argmax; positions with negative labels do not count; nil when it was not measured
---@field confusion Confusion? the confusion matrix; nil when it was not measured
---@field perplexity number? exp of the mean over positions of −ln p(label); labels are the next tokens, positions with negative labels do not count; logits go through softmax; nil when it was not measured
---@field pearson number? covariance of output and label, divided by both standard deviations, over all elements of the data set; nil when it was not measured
---@field spearman number? Pearson's correlation of the ranks of output and label, equal values have their mean rank, over all elements of the data set; nil when it was not measured
---@field wer number? insertions, deletions and substitutions that turn the predicted sequence of each sample into its label, divided by the number of words in all labels; words are ids, negative ones are padding; predictions by argmax if the output has scores; nil when it was not measured
---@field ece number? mean over samples, in 15 bins of equal width by the probability of the best class, of |accuracy − probability| of the bin; logits go through softmax; nil when it was not measured
local Row = {}


---Text to token ids and back. Ids count from 0.
---@class Tokenizer
---@field kind string the kind of model: BPE, WordPiece, WordLevel or Unigram
---@field size integer the number of ids, added tokens included
---@field bos integer? the id that begins a text; nil if the file names none
---@field eos integer? the id that ends a text; nil if the file names none
---@field pad integer? the id of padding; nil if the file names none
---@field unk integer? the id of unknown text; nil if the file names none
---@operator len: integer
local Tokenizer = {}

---The ids of a text or of each text of a list. Bytes that are not UTF-8 are read as U+FFFD.
---```lua
---local tokenizer = wane.tokenizer "examples/tokenizer.json"
---local ids = tokenizer:encode({ "a model", "a smaller model" }, { pad = 8, pad_id = 0 })
---print(ids.shape[1], ids.shape[2], #tokenizer:encode "a model")  --> 2	8	3
---```
---@param text? any a string, or a sequence of strings
---@param options? EncodeOptions named options
---@return integer[]|integer[][]|Tensor # a sequence of ids, for a list a sequence of sequences, with padding a Tensor (texts × length)
function Tokenizer:encode(text, options) end

---The same with all that models take: ids, attention_mask, type_ids, special_mask, in the form of the ids.
---```lua
---local tokenizer = wane.tokenizer "examples/tokenizer.json"
---local encoding = tokenizer:encoding({ "a model", "a smaller model" }, { pad = 8, pad_id = 0 })
---print(encoding.attention_mask:sum(1):to_table()[1])  --> 3
---```
---@param text? any a string, or a sequence of strings
---@param options? EncodeOptions named options
---@return Encoding # an Encoding
function Tokenizer:encoding(text, options) end

---The text of ids.
---@param ids? any a sequence of ids, or a Tensor of them
---@param options? DecodeOptions named options
---@return string # a string
function Tokenizer:decode(ids, options) end

---The number of ids of a text, without those of the template.
---@param text string a string
---@return integer # an integer
function Tokenizer:count(text) end

---The token of an id as the vocabulary has it.
---@param id integer from 0
---@return string? # a string; nil for ids without a token
function Tokenizer:token(id) end

---The id of a token as the vocabulary has it.
---@param token string such as "<s>"
---@return integer? # an integer; nil for text that is no token
function Tokenizer:id(token) end

---All tokens.
---@return table<string, integer> # a table of ids by token
function Tokenizer:vocabulary() end

---A model that is being trained, and compressed while it is.
---@class Trainer
---@field steps integer optimizer steps done
---@field lr number the learning rate of the next step
---@field loss number? of the last batch; nil before the first
---@field parameters string[] names of what is trained
---@field fixed table<string, string>[] what operators could learn and is not trained, each { name, reason }
---@field norms string[] names of the layers that batch norms are restored behind
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

---Train with the steps of a recipe, such as that of a search: prune, palettize and quantize as methods. Before the first step.
---```lua
---local t = wane.trainer(model, { lr = 1e-4 }):apply({ { "prune", target_sparsity = 0.5 } }, {
---  prune = { scheduler = { type = "polynomial_decay", update_steps = "range(0, 100, 10)" } },
---})
---```
---@param recipe Step[]|Recipe|Model|string|table a Recipe, a Model with a history, a path, a text, or a sequence of steps
---@param options? TrainingApplyOptions named options
---@return Trainer # the Trainer itself
function Trainer:apply(recipe, options) end

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

---JSON's null, wane.json.null.
---@class Null
local Null = {}


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


---Writes the operations of a layer, a loss or a rewrite of one's own: any operator of MIL, by its name: g.relu(x), g.softmax(x, { axis = -1 }), g.conv{ x = x, weight = w }, or g:op("relu", { x = x }).
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

---A constant: plain, or stored in a compressed form.
---@param value Encoded|Tensor|table|number a Tensor, a table of numbers, or an Encoded
---@param name? string its name
---@return Value # a Value
function Graph:constant(value, name) end

---A value that was computed before, by its name.
---@param name string its name in the program
---@return Value # a Value
function Graph:value(name) end

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
---@field tensor Tensor? the elements of a constant; nil for a value that is computed
---@operator add(any): Value
---@operator sub(any): Value
---@operator mul(any): Value
---@operator div(any): Value
---@operator pow(any): Value
---@operator unm: Value
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

---Convert a file of ONNX or of torch.export to a model. Weights that do not change stay memory-mapped.
---```lua
---local ok, err = pcall(wane.convert, "missing.onnx", { precision = "float32" })
---print(ok, err.kind)  --> false	not_found
---```
---@param path string ends in .onnx or .pt2
---@param options? ConvertOptions named options
---@return Model|ConversionReport # a Model; after a dry run a ConversionReport
function wane.convert(path, options) end

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
---@param dtype? "float16"|"float32"|"float64"|"int8"|"uint8"|"int16"|"uint16"|"int32"|"int64"|"bool"|"uint1"|"uint2"|"uint3"|"uint4"|"uint6"|"int4" element type
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

---A tensor of ones.
---```lua
---print(wane.ones({ 2, 3 }):sum())  --> 6.0
---```
---@param shape integer[] extents
---@param dtype? "float16"|"float32"|"float64"|"int8"|"uint8"|"int16"|"uint16"|"int32"|"int64"|"bool"|"uint1"|"uint2"|"uint3"|"uint4"|"uint6"|"int4" element type
---@return Tensor # a Tensor
function wane.ones(shape, dtype) end

---A tensor of one value.
---```lua
---print(wane.full({ 2 }, 0.5):at{ 1 })  --> 0.5
---```
---@param shape integer[] extents
---@param value Tensor|number|boolean|table a number or boolean
---@param dtype? "float16"|"float32"|"float64"|"int8"|"uint8"|"int16"|"uint16"|"int32"|"int64"|"bool"|"uint1"|"uint2"|"uint3"|"uint4"|"uint6"|"int4" element type; by default float32, bool for a boolean
---@return Tensor # a Tensor
function wane.full(shape, value, dtype) end

---A matrix with ones on the diagonal.
---```lua
---print(wane.eye(3):sum())  --> 3.0
---```
---@param rows integer how many
---@param columns? integer how many; by default as many as rows
---@param dtype? "float16"|"float32"|"float64"|"int8"|"uint8"|"int16"|"uint16"|"int32"|"int64"|"bool"|"uint1"|"uint2"|"uint3"|"uint4"|"uint6"|"int4" element type
---@return Tensor # a Tensor
function wane.eye(rows, columns, dtype) end

---0, 1, … below the end; or from a start, by steps.
---```lua
---print(wane.arange(5):sum(), wane.arange(1, 2, 0.5).count)  --> 10	2
---```
---@param start? any the first number; the end if it is the only number
---@param end_? any what all numbers are below
---@param step? any distance, by default 1; negative for descending numbers
---@param options? RangeOptions named options
---@return Tensor # a Tensor: int64 if all numbers are integers, else float32
function wane.arange(start, end_, step, options) end

---Equally spaced numbers, both ends included.
---```lua
---print(wane.linspace(0, 1, 5):at{ 1 })  --> 0.25
---```
---@param start number the first
---@param end_ number the last
---@param count integer how many
---@param options? LinspaceOptions named options
---@return Tensor # a Tensor
function wane.linspace(start, end_, count, options) end

---Random numbers, equally likely from low up to high.
---```lua
---print(wane.uniform({ 4 }, { low = 1, high = 7, dtype = "int32", seed = 1 }):max() <= 6)  --> true
---```
---@param shape integer[] extents
---@param options? UniformOptions named options
---@return Tensor # a Tensor
function wane.uniform(shape, options) end

---0 … n - 1 in random order, for t:take(order, axis).
---```lua
---print(wane.permutation(10, { seed = 3 }):sort():at{ 9 })  --> 9
---```
---@param n integer how many
---@param options? PermutationOptions named options
---@return Tensor # an int64 Tensor
function wane.permutation(n, options) end

---Tensors one after the other along an axis.
---```lua
---print(wane.concat({ wane.zeros{ 2, 3 }, wane.ones{ 1, 3 } }, 0).shape[1])  --> 3
---```
---@param tensors (Tensor|table|number)[] of one shape but for the axis
---@param axis? integer which axis, from 0
---@return Tensor # a Tensor of the promoted dtype
function wane.concat(tensors, axis) end

---Tensors of one shape along a new axis.
---```lua
---print(wane.stack({ wane.zeros{ 3 }, wane.ones{ 3 } }, 1).shape[2])  --> 2
---```
---@param tensors (Tensor|table|number)[] of one shape
---@param axis? integer its place in the result, from 0
---@return Tensor # a Tensor of the promoted dtype
function wane.stack(tensors, axis) end

---Elements of a where a condition is true, of b elsewhere; all three broadcast.
---```lua
---local t = wane.tensor{ -1, 2 }
---print(wane.where(t:lt(0), 0, t):at{ 0 })  --> 0.0
---```
---@param condition Tensor|number|boolean|table a bool Tensor
---@param a Tensor|number|boolean|table a Tensor or a number
---@param b Tensor|number|boolean|table a Tensor or a number
---@return Tensor # a Tensor of the promoted dtype
function wane.where(condition, a, b) end

---Sums of products over named axes.
---```lua
---local a = wane.tensor{ { 1, 2 }, { 3, 4 } }
---print(wane.einsum("ij,jk->ik", a, a):at{ 1, 1 }, wane.einsum("ii", a))  --> 22.0	5.0
---```
---@param equation string axes of each operand and of the result, such as "ij,jk->ik"; ... stands for further axes
---@param ... Tensor an operand for each term
---@return number|Tensor # a Tensor, or a number if the result has no axes
function wane.einsum(equation, ...) end

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

---Read a PNG or JPEG image, as Pillow does.
---@param path string the file
---@param options? LoadImageOptions named options
---@return Image # an Image
function wane.load_image(path, options) end

---Write a PNG image.
---@param path string a .png file; replaced
---@param image? any an Image, or a uint8 Tensor of the shape {height, width} or {channels, height, width}, as of image:to_tensor()
function wane.save_image(path, image) end

---Read a sound: WAV, FLAC or Ogg.
---@param path string the file
---@param options? LoadAudioOptions named options
---@return Tensor # a float32 Tensor of the shape {channels, samples}, with mono {samples}, from -1 to 1; and the samples a second
function wane.load_audio(path, options) end

---Read the rows of a CSV file.
---@param path string a file in UTF-8
---@param options? CSVLoadOptions named options
---@return table[] # a sequence of rows, each a table by name, or without header a sequence
function wane.load_csv(path, options) end

---Read named tensors: .safetensors, the .index.json of several files, a PyTorch state dictionary (.pt, .pth, .bin, .ckpt), or .gguf, whose quantized tensors are decoded. Elements stay memory-mapped where they are aligned.
---```lua
---wane.save_safetensors("two.safetensors", { a = wane.tensor{ 1, 2 }, b = wane.zeros{ 2, 3 } })
---print(wane.load_safetensors("two.safetensors").a:sum())  --> 3.0
---os.remove("two.safetensors")
---```
---@param path string the file
---@return table<string, Tensor> # a table of Tensors by name
function wane.load_safetensors(path) end

---Write named tensors. A file of that name is replaced at once or not at all.
---@param path string a .safetensors file
---@param tensors table<string, Tensor|table|number> a table of Tensors by name
---@param options? SaveSafetensorsOptions named options
function wane.save_safetensors(path, tensors, options) end

---The files and folders that match a pattern: * and ? within a name, [a-z], {a,b}, and ** for folders at any depth.
---```lua
---print(#wane.glob "/no/such/folder/*.png")  --> 0
---```
---@param pattern string a path with wildcards; ~/ is the home folder
---@return string[] # a sequence of paths, sorted; empty without a match
function wane.glob(pattern) end

---Create a data set from Tensors, a file of arrays (.npz, .npy, or a folder of .npy), a folder of pictures or sounds, a CSV file, texts in windows of token ids, whose labels are the next ids, or a function that returns { inputs = { name = Tensor }, labels = } for the number of a sample. Pictures and sounds are read while the model runs, on other threads; functions of Lua run on the script's. Options that do not apply to the source are errors.
---```lua
---local digits = wane.load_npz("examples/digits.npz")
---local data = wane.dataset{ inputs = { image = digits.test_x:scale(1 / 16):reshape{ -1, 1, 8, 8 } }, labels = digits.test_y }
---print(data.count)  --> 397
---```
---@param source string|function|DatasetOptions a path, a function, or the options
---@param options? DatasetOptions named options
---@return Dataset # a Dataset
function wane.dataset(source, options) end

---Read a tokenizer: tokenizer.json of Hugging Face, vocab.txt of BERT, the vocabulary of a GGUF file, or a folder with one of the first two. Ids are those of the tokenizers package.
---```lua
---local tokenizer = wane.tokenizer "examples/tokenizer.json"
---local ids = tokenizer:encode "Compress the model."
---print(#ids, tokenizer:decode(ids))  --> 6	Compress the model.
---```
---@param path string the file or folder
---@param options? TokenizerOptions named options
---@return Tokenizer # a Tokenizer
function wane.tokenizer(path, options) end

---Define a compression technique. It is then a step like prune or quantize: in compress, in recipes, with op_types, op_names, where and dry_run, in reports and histories. Defining one of the same name again replaces it.
---```lua
---wane.technique{ name = "halves", doc = "two values a weight", options = { at = { 0.5, "the values, ±at" } },
---  compress = function(w, o)
---    if w.min >= 0 then return nil, "it has no negative values" end
---    return wane.encode.palettized{ indices = wane.zeros(w.shape), lut = { o.at, -o.at } }
---  end }
---local model = wane.load("examples/digits_cnn.mlpackage")
---local small = model:compress{ { "halves", at = 0.25, weight_threshold = 512 } }
---print(small.weights.const_2.scheme, small.weights.const_2.max)  --> palettized	0.25
---```
---@param options TechniqueOptions named options
---@return Technique # a Technique
function wane.technique(options) end

---Read statistics that statistics:save wrote. They fit the model that they were collected from, and no other.
---@param path string an .npz file
---@return Statistics # Statistics
function wane.load_statistics(path) end

---A model with several functions, one for each of the given models. Weights that are equal are stored once.
---```lua
---local model = wane.load("examples/digits_cnn.mlpackage")
---local both = wane.multifunction{ plain = model, small = model:quantize{}, default = "small" }
---print(#both.functions)  --> 2
---```
---@param functions table<string, any> a Model for each function by name, and default = the name of the one that runs by default
---@return Model # a Model
function wane.multifunction(functions) end

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

---Divides by the root mean square of the last axis, and multiplies by a trainable vector.
---```lua
---local layer = wane.nn.rms_norm{}
---```
---@param options? RmsNormLayerOptions named options
---@return Layer # a Layer
function wane.nn.rms_norm(options) end

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

---Rotary positions: rotates the elements i and i + n/2 of the last axis, of n, by position · theta^(-2i/n); positions count the axis before the last.
---```lua
---local layer = wane.nn.rope{}
---```
---@param options? RopeLayerOptions named options
---@return Layer # a Layer
function wane.nn.rope(options) end

---A gated feed-forward block: W₃ (silu(W₁ x) · W₂ x), over the last axis.
---```lua
---local layer = wane.nn.swiglu{ hidden_features = 64 }
---```
---@param options? SwigluLayerOptions named options
---@return Layer # a Layer
function wane.nn.swiglu(options) end

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

---Weights in the compressed forms that model files have, from their parts.
wane.encode = {}

---scale · (codes − offset): linear quantization to 4 or 8 bits, per tensor, channel or block.
---```lua
---local e = wane.encode.quantized{ codes = { { -1, 1, 0, 1 } }, scale = 0.25, dtype = "int8" }
---print(e.scheme, e:decode():at{ 0, 1 })  --> quantized	0.25
---```
---@param options EncodeQuantizedOptions named options
---@return Encoded # an Encoded
function wane.encode.quantized(options) end

---lut[indices]: a lookup table of 2 to 256 values or vectors, one or several a weight.
---```lua
---local e = wane.encode.palettized{ indices = { { 0, 2, 1, 2 } }, lut = { -1, 0, 1 } }
---print(e.bytes, e:decode():at{ 0, 1 })  --> 17	1.0
---```
---@param options EncodePalettizedOptions named options
---@return Encoded # an Encoded
function wane.encode.palettized(options) end

---The values at the ones of a mask, and zero elsewhere; values may be compressed themselves.
---```lua
---local e = wane.encode.sparse{ values = wane.tensor{ { 0, 3, 0, 0, 0, 0, 0, 4 } } }
---print(e.bytes, e.scheme)  --> 9	sparse
---```
---@param options EncodeSparseOptions named options
---@return Encoded # an Encoded
function wane.encode.sparse(options) end

---16-bit floats that the model casts to 32 bits (`constexpr_cast`).
---```lua
---print(wane.encode.cast{ values = wane.zeros({ 4, 4 }, "float16") }.dtype)  --> float32
---```
---@param options EncodeCastOptions named options
---@return Encoded # an Encoded
function wane.encode.cast(options) end

---Linear algebra by LAPACK, in float64 for float64 and in float32 for everything else.
wane.linalg = {}

---The singular value decomposition a = u · diag(s) · vt; singular values descending.
---```lua
---local u, s, vt = wane.linalg.svd(wane.tensor{ { 3, 0 }, { 0, 4 } })
---print(s:at{ 0 })  --> 4.0
---```
---@param a Tensor|table|number a matrix, or a batch of matrices in its last two axes
---@param options? SVDOptions named options
---@return Tensor # u, s, vt
function wane.linalg.svd(a, options) end

---The decomposition a = q · r: q with orthonormal columns, r upper triangular.
---```lua
---local q, r = wane.linalg.qr(wane.random{ 4, 3 })
---print(r.shape[1], r:at{ 2, 0 })  --> 3	0.0
---```
---@param a Tensor|table|number a matrix, or a batch of matrices in its last two axes
---@return Tensor # q, r
function wane.linalg.qr(a) end

---The lower triangular l with a = l · lᵀ; only the lower triangle of a is read.
---```lua
---print(wane.linalg.cholesky(wane.tensor{ { 4, 2 }, { 2, 5 } }):at{ 1, 1 })  --> 2.0
---```
---@param a Tensor|table|number positive definite: a matrix, or a batch of matrices in its last two axes
---@return Tensor # a Tensor
function wane.linalg.cholesky(a) end

---Eigenvalues of a symmetric matrix, ascending, and eigenvectors as columns; only the lower triangle of a is read.
---```lua
---local values = wane.linalg.eigh(wane.tensor{ { 2, 1 }, { 1, 2 } })
---print(math.abs(values:at{ 1 } - 3) < 1e-6)  --> true
---```
---@param a Tensor|table|number symmetric: a matrix, or a batch of matrices in its last two axes
---@return Tensor # values, vectors
function wane.linalg.eigh(a) end

---The x with a · x = b.
---```lua
---print(wane.linalg.solve(wane.tensor{ { 2, 0 }, { 0, 4 } }, wane.tensor{ 2, 8 }):at{ 1 })  --> 2.0
---```
---@param a Tensor|table|number a matrix, or a batch of matrices in its last two axes
---@param b Tensor|table|number a vector, or a matrix with a column for each x
---@return Tensor # a Tensor of the shape of b
function wane.linalg.solve(a, b) end

---The x of least norm for which a · x is nearest to b.
---```lua
---local x, rank = wane.linalg.lstsq(wane.tensor{ { 1 }, { 1 } }, wane.tensor{ 1, 3 })
---print(math.abs(x:at{ 0 } - 2) < 1e-6, rank)  --> true	1
---```
---@param a Tensor|table|number a matrix
---@param b Tensor|table|number a vector or a matrix
---@return Tensor # x, and the effective rank of a
function wane.linalg.lstsq(a, b) end

---The inverse.
---```lua
---print(wane.linalg.inv(wane.tensor{ { 2, 0 }, { 0, 4 } }):at{ 1, 1 })  --> 0.25
---```
---@param a Tensor|table|number a matrix, or a batch of matrices in its last two axes
---@return Tensor # a Tensor
function wane.linalg.inv(a) end

---The determinant.
---```lua
---print(wane.linalg.det(wane.tensor{ { 2, 1 }, { 1, 2 } }))  --> 3.0
---```
---@param a Tensor|table|number a matrix, or a batch of matrices in its last two axes
---@return number|Tensor # a number, or a Tensor for a batch
function wane.linalg.det(a) end

---The sum of the diagonal.
---```lua
---print(wane.linalg.trace(wane.tensor{ { 2, 1 }, { 1, 2 } }))  --> 4.0
---```
---@param a Tensor|table|number a matrix, or a batch of matrices in its last two axes
---@return number|Tensor # a number, or a Tensor for a batch
function wane.linalg.trace(a) end

---The diagonal of a matrix, or the matrix with a vector on its diagonal.
---```lua
---print(wane.linalg.diag(wane.tensor{ { 2, 1 }, { 1, 2 } }):at{ 1 }, wane.linalg.diag(wane.tensor{ 5, 6 }):at{ 1, 1 })  --> 2.0	6.0
---```
---@param a Tensor|table|number a vector, a matrix, or a batch of matrices
---@param diagonal? integer which: 0 the main one, positive above it
---@return Tensor # a Tensor
function wane.linalg.diag(a, diagonal) end

---The Frobenius norm of all elements, or with ord another norm of them; t:norm takes axes.
---```lua
---print(wane.linalg.norm(wane.tensor{ { 3, 0 }, { 0, 4 } }))  --> 5.0
---```
---@param a Tensor|table|number a Tensor
---@param ord? number which: 1, 2, any number, math.huge
---@return number # a number
function wane.linalg.norm(a, ord) end

---Statistics of pairs of tensors.
wane.stats = {}

---Pearson's correlation of two tensors, element by element; NaN if one is constant.
---```lua
---print(wane.stats.pearson({ 1, 2, 3 }, { 2, 4, 6 }))  --> 1.0
---```
---@param a Tensor|table|number a Tensor
---@param b Tensor|table|number a Tensor of the same shape
---@return number # a number from -1 to 1
function wane.stats.pearson(a, b) end

---Spearman's rank correlation of two tensors; equal elements share the mean of their ranks.
---```lua
---print(wane.stats.spearman({ 1, 2, 3 }, { 1, 4, 9 }))  --> 1.0
---```
---@param a Tensor|table|number a Tensor
---@param b Tensor|table|number a Tensor of the same shape
---@return number # a number from -1 to 1
function wane.stats.spearman(a, b) end

---The operators of ML Programs, run at once on Tensors with the checks and kernels of a program.
wane.op = {}

---The operator abs (iOS15 and later).
---@param inputs AbsInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.abs(inputs) end

---The operator acos (iOS15 and later).
---@param inputs AcosInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.acos(inputs) end

---The operator add (iOS15 and later).
---@param inputs AddInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.add(inputs) end

---The operator affine (iOS15 and later).
---@param inputs AffineInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.affine(inputs) end

---The operator argsort (iOS15 and later).
---@param inputs ArgsortInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.argsort(inputs) end

---The operator asin (iOS15 and later).
---@param inputs AsinInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.asin(inputs) end

---The operator atan (iOS15 and later).
---@param inputs AtanInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.atan(inputs) end

---The operator atanh (iOS15 and later).
---@param inputs AtanhInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.atanh(inputs) end

---The operator avg_pool (iOS15 and later).
---@param inputs AvgPoolInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.avg_pool(inputs) end

---The operator band_part (iOS15 and later).
---@param inputs BandPartInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.band_part(inputs) end

---The operator batch_norm (iOS15 and later).
---@param inputs BatchNormInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.batch_norm(inputs) end

---The operator batch_to_space (iOS15 and later).
---@param inputs BatchToSpaceInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.batch_to_space(inputs) end

---The operator cast (iOS15 and later).
---@param inputs CastInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.cast(inputs) end

---The operator ceil (iOS15 and later).
---@param inputs CeilInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.ceil(inputs) end

---The operator clamped_relu (iOS15 and later).
---@param inputs ClampedReluInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.clamped_relu(inputs) end

---The operator clip (iOS15 and later).
---@param inputs ClipInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.clip(inputs) end

---The operator concat (iOS15 and later).
---@param inputs ConcatInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.concat(inputs) end

---The operator constexpr_affine_dequantize (iOS16 and later).
---@param inputs ConstexprAffineDequantizeInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.constexpr_affine_dequantize(inputs) end

---The operator constexpr_blockwise_shift_scale (iOS18 and later).
---@param inputs ConstexprBlockwiseShiftScaleInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.constexpr_blockwise_shift_scale(inputs) end

---The operator constexpr_cast (iOS16 and later).
---@param inputs ConstexprCastInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.constexpr_cast(inputs) end

---The operator constexpr_lut_to_dense (iOS16 and later).
---@param inputs ConstexprLutToDenseInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.constexpr_lut_to_dense(inputs) end

---The operator constexpr_lut_to_sparse (iOS18 and later).
---@param inputs ConstexprLutToSparseInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.constexpr_lut_to_sparse(inputs) end

---The operator constexpr_sparse_blockwise_shift_scale (iOS18 and later).
---@param inputs ConstexprSparseBlockwiseShiftScaleInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.constexpr_sparse_blockwise_shift_scale(inputs) end

---The operator constexpr_sparse_to_dense (iOS16 and later).
---@param inputs ConstexprSparseToDenseInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.constexpr_sparse_to_dense(inputs) end

---The operator conv (iOS15 and later).
---@param inputs ConvInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.conv(inputs) end

---The operator conv_transpose (iOS15 and later).
---@param inputs ConvTransposeInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.conv_transpose(inputs) end

---The operator cos (iOS15 and later).
---@param inputs CosInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.cos(inputs) end

---The operator cosh (iOS15 and later).
---@param inputs CoshInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.cosh(inputs) end

---The operator crop (iOS15 and later).
---@param inputs CropInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.crop(inputs) end

---The operator crop_resize (iOS15 and later).
---@param inputs CropResizeInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.crop_resize(inputs) end

---The operator cumsum (iOS15 and later).
---@param inputs CumsumInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.cumsum(inputs) end

---The operator depth_to_space (iOS15 and later).
---@param inputs DepthToSpaceInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.depth_to_space(inputs) end

---The operator dequantize (iOS17 and later).
---@param inputs DequantizeInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.dequantize(inputs) end

---The operator einsum (iOS15 and later).
---@param inputs EinsumInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.einsum(inputs) end

---The operator elu (iOS15 and later).
---@param inputs EluInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.elu(inputs) end

---The operator equal (iOS15 and later).
---@param inputs EqualInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.equal(inputs) end

---The operator erf (iOS15 and later).
---@param inputs ErfInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.erf(inputs) end

---The operator exp (iOS15 and later).
---@param inputs ExpInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.exp(inputs) end

---The operator exp2 (iOS15 and later).
---@param inputs Exp2Inputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.exp2(inputs) end

---The operator expand_dims (iOS15 and later).
---@param inputs ExpandDimsInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.expand_dims(inputs) end

---The operator fill (iOS15 and later).
---@param inputs FillInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.fill(inputs) end

---The operator fill_like (iOS16 and later).
---@param inputs FillLikeInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.fill_like(inputs) end

---The operator flatten2d (iOS15 and later).
---@param inputs Flatten2dInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.flatten2d(inputs) end

---The operator floor (iOS15 and later).
---@param inputs FloorInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.floor(inputs) end

---The operator floor_div (iOS15 and later).
---@param inputs FloorDivInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.floor_div(inputs) end

---The operator gather (iOS15 and later).
---@param inputs GatherInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.gather(inputs) end

---The operator gather_along_axis (iOS15 and later).
---@param inputs GatherAlongAxisInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.gather_along_axis(inputs) end

---The operator gather_nd (iOS15 and later).
---@param inputs GatherNdInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.gather_nd(inputs) end

---The operator gelu (iOS15 and later).
---@param inputs GeluInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.gelu(inputs) end

---The operator greater (iOS15 and later).
---@param inputs GreaterInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.greater(inputs) end

---The operator greater_equal (iOS15 and later).
---@param inputs GreaterEqualInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.greater_equal(inputs) end

---The operator gru (iOS15 and later).
---@param inputs GruInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.gru(inputs) end

---The operator identity (iOS15 and later).
---@param inputs IdentityInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.identity(inputs) end

---The operator instance_norm (iOS15 and later).
---@param inputs InstanceNormInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.instance_norm(inputs) end

---The operator inverse (iOS15 and later).
---@param inputs InverseInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.inverse(inputs) end

---The operator l2_norm (iOS15 and later).
---@param inputs L2NormInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.l2_norm(inputs) end

---The operator l2_pool (iOS15 and later).
---@param inputs L2PoolInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.l2_pool(inputs) end

---The operator layer_norm (iOS15 and later).
---@param inputs LayerNormInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.layer_norm(inputs) end

---The operator leaky_relu (iOS15 and later).
---@param inputs LeakyReluInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.leaky_relu(inputs) end

---The operator less (iOS15 and later).
---@param inputs LessInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.less(inputs) end

---The operator less_equal (iOS15 and later).
---@param inputs LessEqualInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.less_equal(inputs) end

---The operator linear (iOS15 and later).
---@param inputs LinearInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.linear(inputs) end

---The operator linear_activation (iOS15 and later).
---@param inputs LinearActivationInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.linear_activation(inputs) end

---The operator list_gather (iOS15 and later).
---@param inputs ListGatherInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.list_gather(inputs) end

---The operator list_length (iOS15 and later).
---@param inputs ListLengthInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.list_length(inputs) end

---The operator list_read (iOS15 and later).
---@param inputs ListReadInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.list_read(inputs) end

---The operator list_scatter (iOS15 and later).
---@param inputs ListScatterInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.list_scatter(inputs) end

---The operator list_write (iOS15 and later).
---@param inputs ListWriteInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.list_write(inputs) end

---The operator local_response_norm (iOS15 and later).
---@param inputs LocalResponseNormInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.local_response_norm(inputs) end

---The operator log (iOS15 and later).
---@param inputs LogInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.log(inputs) end

---The operator logical_and (iOS15 and later).
---@param inputs LogicalAndInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.logical_and(inputs) end

---The operator logical_not (iOS15 and later).
---@param inputs LogicalNotInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.logical_not(inputs) end

---The operator logical_or (iOS15 and later).
---@param inputs LogicalOrInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.logical_or(inputs) end

---The operator logical_xor (iOS15 and later).
---@param inputs LogicalXorInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.logical_xor(inputs) end

---The operator lstm (iOS15 and later).
---@param inputs LstmInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.lstm(inputs) end

---The operator make_list (iOS15 and later).
---@param inputs MakeListInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.make_list(inputs) end

---The operator matmul (iOS15 and later).
---@param inputs MatmulInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.matmul(inputs) end

---The operator max_pool (iOS15 and later).
---@param inputs MaxPoolInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.max_pool(inputs) end

---The operator maximum (iOS15 and later).
---@param inputs MaximumInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.maximum(inputs) end

---The operator minimum (iOS15 and later).
---@param inputs MinimumInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.minimum(inputs) end

---The operator mod (iOS15 and later).
---@param inputs ModInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.mod(inputs) end

---The operator mul (iOS15 and later).
---@param inputs MulInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.mul(inputs) end

---The operator non_maximum_suppression (iOS15 and later).
---@param inputs NonMaximumSuppressionInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.non_maximum_suppression(inputs) end

---The operator non_zero (iOS15 and later).
---@param inputs NonZeroInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.non_zero(inputs) end

---The operator not_equal (iOS15 and later).
---@param inputs NotEqualInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.not_equal(inputs) end

---The operator one_hot (iOS15 and later).
---@param inputs OneHotInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.one_hot(inputs) end

---The operator pad (iOS15 and later).
---@param inputs PadInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.pad(inputs) end

---The operator pixel_shuffle (iOS15 and later).
---@param inputs PixelShuffleInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.pixel_shuffle(inputs) end

---The operator pixel_unshuffle (iOS16 and later).
---@param inputs PixelUnshuffleInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.pixel_unshuffle(inputs) end

---The operator pow (iOS15 and later).
---@param inputs PowInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.pow(inputs) end

---The operator prelu (iOS15 and later).
---@param inputs PreluInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.prelu(inputs) end

---The operator quantize (iOS17 and later).
---@param inputs QuantizeInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.quantize(inputs) end

---The operator random_bernoulli (iOS15 and later).
---@param inputs RandomBernoulliInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.random_bernoulli(inputs) end

---The operator random_categorical (iOS15 and later).
---@param inputs RandomCategoricalInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.random_categorical(inputs) end

---The operator random_normal (iOS15 and later).
---@param inputs RandomNormalInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.random_normal(inputs) end

---The operator random_uniform (iOS15 and later).
---@param inputs RandomUniformInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.random_uniform(inputs) end

---The operator range_1d (iOS15 and later).
---@param inputs Range1dInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.range_1d(inputs) end

---The operator real_div (iOS15 and later).
---@param inputs RealDivInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.real_div(inputs) end

---The operator reduce_argmax (iOS15 and later).
---@param inputs ReduceArgmaxInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.reduce_argmax(inputs) end

---The operator reduce_argmin (iOS15 and later).
---@param inputs ReduceArgminInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.reduce_argmin(inputs) end

---The operator reduce_l1_norm (iOS15 and later).
---@param inputs ReduceL1NormInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.reduce_l1_norm(inputs) end

---The operator reduce_l2_norm (iOS15 and later).
---@param inputs ReduceL2NormInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.reduce_l2_norm(inputs) end

---The operator reduce_log_sum (iOS15 and later).
---@param inputs ReduceLogSumInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.reduce_log_sum(inputs) end

---The operator reduce_log_sum_exp (iOS15 and later).
---@param inputs ReduceLogSumExpInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.reduce_log_sum_exp(inputs) end

---The operator reduce_max (iOS15 and later).
---@param inputs ReduceMaxInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.reduce_max(inputs) end

---The operator reduce_mean (iOS15 and later).
---@param inputs ReduceMeanInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.reduce_mean(inputs) end

---The operator reduce_min (iOS15 and later).
---@param inputs ReduceMinInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.reduce_min(inputs) end

---The operator reduce_prod (iOS15 and later).
---@param inputs ReduceProdInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.reduce_prod(inputs) end

---The operator reduce_sum (iOS15 and later).
---@param inputs ReduceSumInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.reduce_sum(inputs) end

---The operator reduce_sum_square (iOS15 and later).
---@param inputs ReduceSumSquareInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.reduce_sum_square(inputs) end

---The operator relu (iOS15 and later).
---@param inputs ReluInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.relu(inputs) end

---The operator relu6 (iOS15 and later).
---@param inputs Relu6Inputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.relu6(inputs) end

---The operator resample (iOS15 and later).
---@param inputs ResampleInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.resample(inputs) end

---The operator reshape (iOS15 and later).
---@param inputs ReshapeInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.reshape(inputs) end

---The operator reshape_like (iOS16 and later).
---@param inputs ReshapeLikeInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.reshape_like(inputs) end

---The operator resize (iOS17 and later).
---@param inputs ResizeInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.resize(inputs) end

---The operator resize_bilinear (iOS15 and later).
---@param inputs ResizeBilinearInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.resize_bilinear(inputs) end

---The operator resize_nearest_neighbor (iOS15 and later).
---@param inputs ResizeNearestNeighborInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.resize_nearest_neighbor(inputs) end

---The operator reverse (iOS15 and later).
---@param inputs ReverseInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.reverse(inputs) end

---The operator reverse_sequence (iOS15 and later).
---@param inputs ReverseSequenceInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.reverse_sequence(inputs) end

---The operator rnn (iOS15 and later).
---@param inputs RnnInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.rnn(inputs) end

---The operator round (iOS15 and later).
---@param inputs RoundInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.round(inputs) end

---The operator rsqrt (iOS15 and later).
---@param inputs RsqrtInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.rsqrt(inputs) end

---The operator scaled_dot_product_attention (iOS18 and later).
---@param inputs ScaledDotProductAttentionInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.scaled_dot_product_attention(inputs) end

---The operator scaled_tanh (iOS15 and later).
---@param inputs ScaledTanhInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.scaled_tanh(inputs) end

---The operator scatter (iOS15 and later).
---@param inputs ScatterInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.scatter(inputs) end

---The operator scatter_along_axis (iOS15 and later).
---@param inputs ScatterAlongAxisInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.scatter_along_axis(inputs) end

---The operator scatter_nd (iOS15 and later).
---@param inputs ScatterNdInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.scatter_nd(inputs) end

---The operator select (iOS15 and later).
---@param inputs SelectInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.select(inputs) end

---The operator shape (iOS15 and later).
---@param inputs ShapeInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.shape(inputs) end

---The operator sigmoid (iOS15 and later).
---@param inputs SigmoidInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.sigmoid(inputs) end

---The operator sigmoid_hard (iOS15 and later).
---@param inputs SigmoidHardInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.sigmoid_hard(inputs) end

---The operator sign (iOS15 and later).
---@param inputs SignInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.sign(inputs) end

---The operator silu (iOS15 and later).
---@param inputs SiluInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.silu(inputs) end

---The operator sin (iOS15 and later).
---@param inputs SinInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.sin(inputs) end

---The operator sinh (iOS15 and later).
---@param inputs SinhInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.sinh(inputs) end

---The operator slice_by_index (iOS15 and later).
---@param inputs SliceByIndexInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.slice_by_index(inputs) end

---The operator slice_by_size (iOS15 and later).
---@param inputs SliceBySizeInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.slice_by_size(inputs) end

---The operator slice_update (iOS18 and later).
---@param inputs SliceUpdateInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.slice_update(inputs) end

---The operator sliding_windows (iOS15 and later).
---@param inputs SlidingWindowsInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.sliding_windows(inputs) end

---The operator softmax (iOS15 and later).
---@param inputs SoftmaxInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.softmax(inputs) end

---The operator softplus (iOS15 and later).
---@param inputs SoftplusInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.softplus(inputs) end

---The operator softplus_parametric (iOS15 and later).
---@param inputs SoftplusParametricInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.softplus_parametric(inputs) end

---The operator softsign (iOS15 and later).
---@param inputs SoftsignInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.softsign(inputs) end

---The operator space_to_batch (iOS15 and later).
---@param inputs SpaceToBatchInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.space_to_batch(inputs) end

---The operator space_to_depth (iOS15 and later).
---@param inputs SpaceToDepthInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.space_to_depth(inputs) end

---The operator split (iOS15 and later).
---@param inputs SplitInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.split(inputs) end

---The operator sqrt (iOS15 and later).
---@param inputs SqrtInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.sqrt(inputs) end

---The operator square (iOS15 and later).
---@param inputs SquareInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.square(inputs) end

---The operator squeeze (iOS15 and later).
---@param inputs SqueezeInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.squeeze(inputs) end

---The operator stack (iOS15 and later).
---@param inputs StackInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.stack(inputs) end

---The operator sub (iOS15 and later).
---@param inputs SubInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.sub(inputs) end

---The operator tan (iOS15 and later).
---@param inputs TanInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.tan(inputs) end

---The operator tanh (iOS15 and later).
---@param inputs TanhInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.tanh(inputs) end

---The operator threshold (iOS15 and later).
---@param inputs ThresholdInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.threshold(inputs) end

---The operator thresholded_relu (iOS15 and later).
---@param inputs ThresholdedReluInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.thresholded_relu(inputs) end

---The operator tile (iOS15 and later).
---@param inputs TileInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.tile(inputs) end

---The operator topk (iOS15 and later).
---@param inputs TopkInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.topk(inputs) end

---The operator transpose (iOS15 and later).
---@param inputs TransposeInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.transpose(inputs) end

---The operator upsample_bilinear (iOS15 and later).
---@param inputs UpsampleBilinearInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.upsample_bilinear(inputs) end

---The operator upsample_nearest_neighbor (iOS15 and later).
---@param inputs UpsampleNearestNeighborInputs its inputs by name
---@return Tensor # its outputs, each a Tensor
function wane.op.upsample_nearest_neighbor(inputs) end

---JSON text (RFC 8259).
wane.json = {}
---@type Null
wane.json.null = nil

---The text of a value. A list becomes an array, a table by name an object with its names sorted, a Tensor nested arrays.
---```lua
---print(wane.json.encode{ b = { 1, 2.5 }, a = wane.json.null })  --> {"a": null, "b": [1, 2.5]}
---```
---@param value? any nil, boolean, number, string, table, Tensor or wane.json.null
---@param options? JSONOptions named options
---@return string # a string
function wane.json.encode(value, options) end

---The value of a text. Whole numbers become integers, null becomes wane.json.null.
---```lua
---print(wane.json.decode('{"a": [1, 2]}').a[2])  --> 2
---```
---@param text string JSON in UTF-8
---@return any # a table, string, number, boolean or wane.json.null
function wane.json.decode(text) end

---Comma-separated values (RFC 4180).
wane.csv = {}

---The rows of a text, whose lines end with LF or CRLF; empty lines are skipped.
---```lua
---print(wane.csv.decode("name,size\na,1\nb,2\n", { header = true, numbers = true })[2].size)  --> 2
---```
---@param text string CSV in UTF-8
---@param options? CSVDecodeOptions named options
---@return table[] # a sequence of rows, each a sequence of strings, or with header a table by name
function wane.csv.decode(text, options) end

---The text of rows, with fields quoted where needed. Each line ends with LF ("\n"), also the last.
---```lua
---print((wane.csv.encode({ { "a", 1 }, { "b, c", 2 } }):gsub("\n", " ")))  --> a,1 "b, c",2 
---```
---@param rows table[] sequences of fields, or tables by name
---@param options? CSVEncodeOptions named options
---@return string # a string
function wane.csv.encode(rows, options) end

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
