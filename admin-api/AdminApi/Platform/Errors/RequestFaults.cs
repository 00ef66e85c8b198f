using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Storage;

namespace AdminApi.Platform;

/// <summary>
/// Translates the framework's errors about unreadable requests for the caller: without our types, and with the expected form.
/// </summary>
internal static partial class RequestFaults
{
    private const string Otherwise = "Does not match the OpenAPI document.";

    public static ProblemResult Of(BadHttpRequestException bad) => bad switch
    {
        { StatusCode: StatusCodes.Status413PayloadTooLarge } => Problems.TooLarge.Of("The body is larger than this operation accepts."),
        { StatusCode: StatusCodes.Status415UnsupportedMediaType } => Problems.UnsupportedMediaType.Of(
            "Send a media type that the OpenAPI document lists for this operation, usually application/json."),
        { InnerException: JsonException json } => Invalid(json.Path ?? "$", SentenceOf(json)),
        _ when Parameter().Match(bad.Message) is { Success: true } parameter => OfParameter(parameter, bad.Message),
        _ when bad.Message.Contains("no body", StringComparison.Ordinal) => Invalid("$", "Send a body."),
        _ => Problems.InvalidRequest.Of("The request could not be read."),
    };

    /// <summary>True where an object of a closed family came without its `kind`: System.Text.Json does not call that bad JSON.</summary>
    public static bool IsKindless(NotSupportedException thrown) =>
        thrown.Message.Contains("type discriminator", StringComparison.Ordinal);

    public static ProblemResult Kindless() => Invalid("kind", "Is missing in an object that needs it.");

    /// <summary>The message without types and positions; the position is in the field's path.</summary>
    public static string SentenceOf(JsonException json)
    {
        var text = Place().Replace(json.Message, "");
        if (Unknown().Match(text) is { Success: true } unknown)
            return $"There is no member {unknown.Groups[1].Value}.";
        if (Missing().Match(text) is { Success: true } missing)
            return $"Lacks {missing.Groups[1].Value}.";
        if (text.Contains("null values", StringComparison.Ordinal))
            return "Must not be null.";
        if (Duplicate().Match(text) is { Success: true } twice)
            return $"The member {twice.Groups[1].Value} occurs twice.";
        if (OtherType().Match(text) is { Success: true } type)
            return RuleOf(type.Groups[1].Value);
        return NameOfType().IsMatch(text) ? Otherwise : text;
    }

    private static ProblemResult OfParameter(Match parameter, string text)
    {
        var name = JsonNamingPolicy.CamelCase.ConvertName(parameter.Groups[2].Value);
        if (text.Contains("body", StringComparison.Ordinal))
            return Invalid("$", "Send a body as the OpenAPI document describes it.");
        return Invalid(name, text.StartsWith("Required", StringComparison.Ordinal) ? "Is missing." : RuleOf(parameter.Groups[1].Value));
    }

    /// <summary>The expected form of a value of a type.</summary>
    private static string RuleOf(string type) => type switch
    {
        _ when type.Contains(nameof(QueryTime), StringComparison.Ordinal) || type.Contains("DateTime", StringComparison.Ordinal) =>
            TimeText.Rule,
        _ when type.Contains("WireValue", StringComparison.Ordinal) => "Must be one of the values that the OpenAPI document lists.",
        _ when type.Contains("List", StringComparison.Ordinal) || type.EndsWith("[]", StringComparison.Ordinal) => "Must be a list.",
        _ when type.Contains("Int", StringComparison.Ordinal) || type is "int" or "long" or "int?" or "long?" =>
            "Must be a whole number, not too large.",
        _ when type.Contains("ool", StringComparison.Ordinal) => "Must be true or false.",
        _ when type.Contains("ouble", StringComparison.Ordinal) => "Must be a number.",
        _ when type.EndsWith("tring", StringComparison.Ordinal) => "Must be text.",
        _ => Otherwise,
    };

    private static ProblemResult Invalid(string field, string message) =>
        Problems.InvalidRequest.Of($"{field}: {message}", [new FieldError(field, message)]);

    [GeneratedRegex("\"([^\" ]+(?: [^\" ]+)*) (\\w+)\"")]
    private static partial Regex Parameter();

    [GeneratedRegex(@" ?(Path: \S* \| )?LineNumber: \d+ \| BytePositionInLine: \d+\.")]
    private static partial Regex Place();

    [GeneratedRegex("property '(.*)' could not be mapped")]
    private static partial Regex Unknown();

    [GeneratedRegex("required properties including: (.+?)\\.?$")]
    private static partial Regex Missing();

    [GeneratedRegex("Duplicate property '(.*)' encountered")]
    private static partial Regex Duplicate();

    [GeneratedRegex("could not be converted to (.+?)\\.?( Path|$)")]
    private static partial Regex OtherType();

    [GeneratedRegex(@"System\.|AdminApi\.|Gateway\.|type '")]
    private static partial Regex NameOfType();
}
