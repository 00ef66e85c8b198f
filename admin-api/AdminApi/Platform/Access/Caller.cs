using Gateway.Calls;

namespace AdminApi.Platform;

/// <summary>The author of a request. Handlers take it as a parameter; <see cref="Actor"/> is the name in the audit log.</summary>
/// <param name="Actor">`key:ID`, `key:configured` (the key of the configuration), or `oidc:SUBJECT`.</param>
/// <param name="Scopes">As granted; what they imply may be among them or not.</param>
/// <param name="Agent">The agent for whom the key, token or session stands; null: nobody.</param>
public sealed record Caller(string Actor, IReadOnlyCollection<Scope> Scopes, AgentId? Agent = null)
{
    /// <summary>The actor of the key in the configuration.</summary>
    public const string Configured = "key:configured";

    private const string Key = "key:";

    /// <summary>The id of the stored key; null: another kind of caller.</summary>
    public string? KeyId => Actor != Configured && Actor.StartsWith(Key, StringComparison.Ordinal) ? Actor[Key.Length..] : null;

    /// <summary>The agent of a stored text; null where there is none.</summary>
    public static AgentId? AgentOf(string? text) => string.IsNullOrEmpty(text) ? null : new AgentId(text);

    /// <summary>True for a session behind which no stored key stands: nobody is asked again before it ends.</summary>
    public bool IsKeylessSession { get; init; }

    public bool May(Scope needed) => Scopes.Any(held => held == needed || held == Scope.Admin || needed == Scope.Read);

    /// <summary>The same author, who may do what both the own scopes and these allow.</summary>
    public Caller Within(IReadOnlyCollection<Scope> scopes)
    {
        var limit = this with { Scopes = scopes };
        return this with { Scopes = [.. Enum.GetValues<Scope>().Where(scope => May(scope) && limit.May(scope))] };
    }

    /// <summary>Binds handler parameters of this type. After <see cref="Authentication"/> there always is one.</summary>
    public static ValueTask<Caller?> BindAsync(HttpContext context) => ValueTask.FromResult(context.Features.Get<Caller>());
}
