namespace Load.Stages;

/// <summary>One sample of perf.</summary>
/// <param name="Thread">Its name.</param>
/// <param name="IsKernel">The kernel worked for it.</param>
/// <param name="Library">The native library that was at work, or had called the kernel; empty: managed code.</param>
/// <param name="Frames">Managed methods, the innermost first, as perf's map names them.</param>
internal sealed record Sample(string Thread, bool IsKernel, string Library, IReadOnlyList<string> Frames);
