using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Gateway.Sip.Profiles;

/// <summary>Reads one profile file over a base profile.</summary>
internal static class SipProfileReader
{
    public static SipProfile Read(string name, string text, SipProfile basis, List<string> errors)
    {
        var whys = new Dictionary<string, string>(basis.Whys);
        var profile = basis with { Name = name, Whys = whys };
        if (Parse(name, text, errors) is not { } root)
            return profile;
        foreach (var (key, node) in Entries(root))
        {
            switch (key)
            {
                case "description" when node is YamlScalarNode { Value.Length: > 0 }:
                    break;
                case "quirks" when node is YamlMappingNode quirks:
                    foreach (var (quirkName, quirkNode) in Entries(quirks))
                        ReadQuirk($"{name}.yaml:{quirkNode.Start.Line}: quirks.{quirkName}", quirkName, quirkNode, profile, whys, errors);
                    break;
                default:
                    errors.Add($"{name}.yaml:{node.Start.Line}: {key}: only \"description\" (text) and \"quirks\" (a map) are known here");
                    break;
            }
        }
        return profile;
    }

    private static void ReadQuirk(
        string place, string quirkName, YamlNode node, SipProfile profile, Dictionary<string, string> whys, List<string> errors)
    {
        var quirk = SipQuirk.All.FirstOrDefault(candidate => candidate.Name == quirkName);
        if (quirk is null)
        {
            errors.Add($"{place}: there is no such quirk");
            return;
        }
        var entries = node is YamlMappingNode map ? Entries(map).ToDictionary(entry => entry.Key, entry => entry.Value) : [];
        foreach (var key in entries.Keys.Except(["value", "why"]))
            errors.Add($"{place}.{key}: only \"value\" and \"why\" are known here");

        if (entries.GetValueOrDefault("why") is YamlScalarNode { Value: { } why } && !string.IsNullOrWhiteSpace(why))
            whys[quirkName] = why.Trim();
        else
            errors.Add($"{place}.why: say why");

        IReadOnlyList<string> words = entries.GetValueOrDefault("value") switch
        {
            YamlScalarNode scalar when !quirk.IsList => [scalar.Value ?? ""],
            YamlSequenceNode list when quirk.IsList => [.. list.Children.Select(child => (child as YamlScalarNode)?.Value ?? "")],
            _ => [],
        };
        if (quirk.TryRead(words, out var value, out var error))
            quirk.Set(profile, value);
        else
            errors.Add($"{place}.value: {error}");
    }

    private static YamlMappingNode? Parse(string name, string text, List<string> errors)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count == 1 && stream.Documents[0].RootNode is YamlMappingNode root)
                return root;
            errors.Add($"{name}.yaml: has to be one map");
        }
        catch (YamlException e)
        {
            errors.Add($"{name}.yaml:{e.Start.Line}: {e.Message}");
        }
        return null;
    }

    private static IEnumerable<(string Key, YamlNode Value)> Entries(YamlMappingNode map) =>
        map.Children.Select(entry => ((entry.Key as YamlScalarNode)?.Value ?? "", entry.Value));
}
