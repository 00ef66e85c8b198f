using System.Collections.Frozen;
using System.Reflection;
using Gateway.Calls;

namespace Gateway.WhatsApp.Meta;

/// <summary>The names that <see cref="WhatsAppErrorCodes"/> gives to codes, for logs and metric labels: a closed set.</summary>
public static class WhatsAppErrorNames
{
    private static readonly FrozenDictionary<int, string> Names = typeof(WhatsAppErrorCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Where(field => field.IsLiteral)
        .ToFrozenDictionary(field => (int)field.GetRawConstantValue()!, field => field.Name);

    /// <summary>The name of a code; "Other" for one without a name; 200 to 299 are Meta's family of missing permissions.</summary>
    public static string Of(int code) => Names.TryGetValue(code, out var name) ? name
        : code is >= 200 and <= 299 ? nameof(WhatsAppErrorCodes.PermissionDenied) : "Other";
}
