using System.Diagnostics.CodeAnalysis;
using Gateway.Calls;
using Gateway.WhatsApp.Meta;

namespace Gateway.WhatsApp.Graph;

/// <summary>The reason why a Graph action failed: Meta's error, or ours when Meta gave none, and whether it may be retried.</summary>
/// <param name="Error">Branch on its code: <see cref="WhatsAppErrorCodes"/> names them.</param>
/// <param name="HttpStatus">Null when no answer came.</param>
/// <param name="Retryable">True where the same request may succeed later. It does not show whether this one had an effect.</param>
/// <param name="RetryAfter">The pause that Meta asks for.</param>
public sealed record GraphError(WhatsAppError Error, int? HttpStatus, bool Retryable, TimeSpan? RetryAfter = null)
{
    /// <summary>Meta's subcode: officially removed in v16, still sent with 138006 and 138008.</summary>
    public int? Subcode => Error.Subcode;

    /// <summary>Meta's trace id, needed by its support.</summary>
    public string? TraceId { get; init; }

    public int Code => Error.Code;

    /// <summary>The number does not exist for this token (100, subcode 33).</summary>
    public bool IsNumberHidden => Error is { Code: WhatsAppErrorCodes.InvalidParameter, Subcode: WhatsAppError.HiddenObject };

    /// <summary>The name of <see cref="Code"/>, fit for a metric label.</summary>
    public string Name => WhatsAppErrorNames.Of(Code);

    /// <summary>
    /// The request may have had its effect although it failed: after such an accept or connect the call must be terminated, not retried.
    /// </summary>
    public bool EffectUnknown =>
        Code is WhatsAppErrorCodes.DeadlineExceeded or WhatsAppErrorCodes.ConnectionLost or WhatsAppErrorCodes.MalformedAnswer
        || (HttpStatus >= 500 && Code is not (WhatsAppErrorCodes.ConnectionError or WhatsAppErrorCodes.ConnectTimeout));

    /// <summary>Names and numbers only: Meta's sentences may contain phone numbers.</summary>
    public override string ToString() => HttpStatus is { } status ? $"{Name} ({Code}), HTTP {status}" : $"{Name} ({Code})";
}

/// <summary>A value or a <see cref="GraphError"/>; exactly one is set.</summary>
public readonly struct GraphResult<T>
{
    private GraphResult(T? value, GraphError? error)
    {
        Value = value;
        Error = error;
    }

    public T? Value { get; }

    public GraphError? Error { get; }

    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsSuccess => Error is null;

    public static implicit operator GraphResult<T>(T value) => new(value, null);

    public static implicit operator GraphResult<T>(GraphError error) => new(default, error);

    public override string ToString() => IsSuccess ? "ok" : Error.ToString();
}

/// <summary>Success without a value.</summary>
public sealed class Done
{
    internal static readonly Done Instance = new();

    private Done()
    {
    }
}
