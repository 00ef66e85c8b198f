using System.Diagnostics.CodeAnalysis;

namespace Gateway.Sip.Profiles;

/// <summary>
/// All profiles of a directory, checked together: unknown keys, wrong values and missing reasons are errors, and all of them are reported
/// at once.
/// </summary>
public sealed class SipProfileSet
{
    public const string GenericName = "generic";

    private readonly Dictionary<string, SipProfile> _profiles;

    private SipProfileSet(Dictionary<string, SipProfile> profiles) => _profiles = profiles;

    public IReadOnlyCollection<string> Names => _profiles.Keys;

    /// <summary>Null when no file has this name.</summary>
    public SipProfile? Find(string name) => _profiles.GetValueOrDefault(name);

    /// <summary>The directory of the files beside the program.</summary>
    public static string DefaultDirectory => Path.Combine(AppContext.BaseDirectory, "sip-profiles");

    /// <summary>Reads all *.yaml files of a directory. A directory that cannot be read is an error like any other.</summary>
    public static bool TryLoad(string directory, [NotNullWhen(true)] out SipProfileSet? profiles, out IReadOnlyList<string> errors)
    {
        try
        {
            var files = Directory.GetFiles(directory, "*.yaml").Order(StringComparer.Ordinal);
            return TryRead(files.ToDictionary(file => Path.GetFileNameWithoutExtension(file), File.ReadAllText), out profiles, out errors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            profiles = null;
            errors = [$"{directory}: {e.Message}"];
            return false;
        }
    }

    /// <summary>
    /// Pure: from YAML texts by profile name. "generic" has to be there and to name every quirk; the others name only what differs.
    /// </summary>
    public static bool TryRead(
        IReadOnlyDictionary<string, string> texts, [NotNullWhen(true)] out SipProfileSet? profiles, out IReadOnlyList<string> errors)
    {
        var found = new List<string>();
        var result = new Dictionary<string, SipProfile>(StringComparer.OrdinalIgnoreCase);
        errors = found;
        profiles = null;
        if (!texts.TryGetValue(GenericName, out var genericText))
        {
            found.Add($"{GenericName}.yaml is missing; all other profiles rest on it");
            return false;
        }

        var generic = SipProfileReader.Read(GenericName, genericText, new SipProfile { Name = GenericName }, found);
        var unnamed = SipQuirk.All.Where(quirk => !generic.Whys.ContainsKey(quirk.Name));
        found.AddRange(unnamed.Select(quirk => $"{GenericName}.yaml: quirks.{quirk.Name} is missing"));
        result[GenericName] = generic;
        foreach (var (name, text) in texts)
        {
            if (name != GenericName)
                result[name] = SipProfileReader.Read(name, text, generic, found);
        }
        if (found.Count > 0)
            return false;
        profiles = new SipProfileSet(result);
        return true;
    }
}
