using System.Text.Json;
using Gateway.Calls;

namespace Gateway.WhatsApp.Meta;

/// <summary>
/// Reads one error object: the <c>error</c> of a Graph answer or an element of a webhook's <c>errors</c>. Meta's text is kept verbatim,
/// up to a limit.
/// </summary>
internal static class WhatsAppErrorReader
{
    /// <summary>Longest text kept of any one member, in characters.</summary>
    public const int MaxText = 1024;

    private const int MaxErrors = 16;

    /// <summary>Null when the element has no numeric code: then no error can be derived from it.</summary>
    public static WhatsAppError? Read(JsonElement element) => element.Integer("code") is { } code
        ? new WhatsAppError(code, element.Words("message", MaxText) ?? element.Words("title", MaxText) ?? "",
            element.Child("error_data").Words("details", MaxText)) { Subcode = element.Integer("error_subcode") }
        : null;

    /// <summary>The errors of a webhook element and of the value around it. Meta puts the same one in both: it is listed once.</summary>
    public static IReadOnlyList<WhatsAppError> Merge(JsonElement element, JsonElement value)
    {
        List<WhatsAppError> errors = [];
        foreach (var item in element.Items("errors").Concat(value.Items("errors")))
            if (errors.Count < MaxErrors && Read(item) is { } error && !errors.Exists(known => known.Code == error.Code))
                errors.Add(error);
        return errors;
    }
}
