using Gateway.Calls;
using Gateway.Calls.Dialling;
using Gateway.WhatsApp.Meta;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Calls;

/// <summary>Whom a PBX dialled.</summary>
/// <param name="User">Null: nobody, and <paramref name="Result"/> says why.</param>
/// <param name="Result">How the number was read.</param>
internal sealed record Dialled(WhatsAppUser? User, DialResult Result)
{
    /// <summary>A user id as it is; anything else is a number, read by the trunk's dial rules.</summary>
    public static Dialled Of(string text, string? phoneContext, TrunkConfiguration trunk)
    {
        if (text.Length > 0 && char.IsAsciiLetter(text[0]) && UserHandle.TryParse(text, out var byId))
            return new Dialled(byId, new DialResult(null, null, ["a user id"]));
        var result = DialPlan.Resolve(text, phoneContext, trunk.DialRules ?? new DialRules());
        return new Dialled(result.Number is { } number ? UserHandle.From(number, null) : null, result);
    }
}
