using System.Text.Json;
using Gateway.Calls.Channels;

namespace Gateway.Storage.Channels;

/// <summary>
/// Everything that decides about a channel's calls, as one JSON column of any statement that has a row of <c>channels</c> under the alias
/// <c>c</c>: admission gathers it in its one round trip, and lists show the same.
/// </summary>
public static class ChannelFactsColumn
{
    /// <summary>The expression; <see cref="Read"/> reads its text.</summary>
    public const string Sql =
        """
        jsonb_build_object(
            'settings', jsonb_build_object(
                'id', c.id, 'number', c.number, 'name', c.name, 'account', c.account, 'callingEnabled', c.calling_enabled,
                'contactsMayCall', c.contacts_may_call, 'weMayCall', c.we_may_call, 'callbackPermission', c.callback_permission,
                'iconIsVisible', c.icon_is_visible, 'iconCountries', c.icon_countries, 'callHours', c.call_hours,
                'maxCallSeconds', c.max_call_seconds, 'asksPermission', c.asks_permission, 'permissionText', c.permission_text,
                'template', CASE WHEN c.permission_template IS NOT NULL
                    THEN jsonb_build_object('name', c.permission_template, 'language', c.permission_template_language) END,
                'isManaged', c.is_managed, 'version', c.version),
            'restrictions', COALESCE((
                SELECT jsonb_agg(jsonb_build_object('type', r.type, 'reason', r.reason, 'since', r.since, 'expiresAt', r.expires_at)
                    ORDER BY r.type)
                FROM channel_restrictions r WHERE r.channel = c.id), '[]'),
            'country', (
                SELECT jsonb_build_object('country', k.country, 'inbound', k.inbound, 'outbound', k.outbound, 'version', k.version)
                FROM calling_countries k WHERE k.country = c.country),
            'meta', c.meta_settings)::text
        """;

    /// <summary>The routes of the same row, in their order, as a JSON list for <see cref="ReadRoutes"/>.</summary>
    public const string RoutesSql =
        """
        COALESCE((SELECT jsonb_agg(jsonb_build_object('trunk', t.trunk, 'target', t.target) ORDER BY t.position) FROM routes t
            WHERE t.channel = c.id), '[]')::text
        """;

    public static ChannelFacts Read(string json)
    {
        var facts = JsonSerializer.Deserialize<Document>(json, JsonText.Options)!;
        return new ChannelFacts(facts.Settings.ToSettings(), facts.Restrictions, facts.Country, facts.Meta);
    }

    public static IReadOnlyList<CallRoute> ReadRoutes(string json) => JsonSerializer.Deserialize<CallRoute[]>(json, JsonText.Options)!;

    private sealed record Document(
        ChannelDocument Settings, IReadOnlyList<ChannelRestriction> Restrictions, CallingCountry? Country, MetaSettings? Meta);
}
