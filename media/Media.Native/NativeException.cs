namespace Media.Native;

/// <summary>
/// A native object could not be created: the library is missing, too old, out of memory, or got an unknown setting.
/// Thrown by constructors and factories only; nothing that handles a packet throws.
/// </summary>
public sealed class NativeException(string message) : Exception(message);
