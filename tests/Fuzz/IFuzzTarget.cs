namespace Fuzz;

/// <summary>
/// One parser or state machine under fuzzing. Add a target as one file in Targets/;
/// its seeds are the files of Seeds/<see cref="Name"/>, inputs that once crashed it stay in Crashes/<see cref="Name"/>.
/// </summary>
public interface IFuzzTarget
{
    /// <summary>Lower case; the command line's word and the folders' name.</summary>
    string Name { get; }

    /// <summary>Feeds one input. Throws exactly when the product is wrong: an escaped exception or a broken invariant.</summary>
    void Run(ReadOnlySpan<byte> input);
}

/// <summary>Thrown by a target when an input broke an invariant without an exception of the product.</summary>
public sealed class FuzzFailureException : Exception
{
    public FuzzFailureException(string message) : base(message)
    {
    }

    public FuzzFailureException(string message, Exception innerException) : base(message, innerException)
    {
    }

    public FuzzFailureException()
    {
    }

    public static void Require(bool condition, string promise)
    {
        if (!condition)
            throw new FuzzFailureException("Broken promise: " + promise);
    }
}
