using System.Xml.Linq;
using Testing;

namespace Architecture.Tests;

/// <summary>
/// The allowed references between projects: the project files themselves are read, so a forbidden reference cannot be merged.
/// </summary>
public class ReferenceRules
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Media.Protocols"] = [],
        ["Media.Native"] = [],
        ["Media.Engine"] = ["Media.Protocols", "Media.Native"],
        ["Gateway.Calls"] = ["Media.Protocols"],
        ["Gateway.Sip"] = ["Media.Protocols"],
        ["Gateway.WhatsApp"] = ["Gateway.Calls"],
        ["Gateway.Storage"] = ["Gateway.Calls"],
        ["Gateway.Worker"] =
            ["Media.Protocols", "Media.Native", "Media.Engine", "Gateway.Calls", "Gateway.Sip", "Gateway.WhatsApp", "Gateway.Storage"],
        ["AdminApi"] = ["Gateway.Calls", "Gateway.Storage"],
    };

    private static readonly string[] ProductFolders = ["gateway", "media", "admin-api"];

    /// <summary>Of the core: what it may use beside the framework. A package here is as pure as the project.</summary>
    private static readonly Dictionary<string, string[]> Packages = new()
    {
        ["Media.Protocols"] = [],
        ["Media.Native"] = [],
        ["Gateway.Calls"] = ["libphonenumber-csharp"],
    };

    public static TheoryData<string> Projects => new(Allowed.Keys);

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_the_architecture_allows(string project)
    {
        var references = Load(project).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));
        Assert.Empty(references.Except(Allowed[project]));
    }

    [Fact]
    public void Every_product_project_is_listed_here()
    {
        var found = ProductFolders
            .SelectMany(folder => Directory.EnumerateFiles(Repository.File(folder), "*.csproj", SearchOption.AllDirectories))
            .Select(Path.GetFileNameWithoutExtension);
        Assert.Equal(Allowed.Keys.Order(), found.Order());
    }

    [Fact]
    public void The_core_uses_the_framework_and_pure_packages_only()
    {
        foreach (var (project, packages) in Packages)
        {
            Assert.Equal(packages, Load(project).Descendants("PackageReference").Select(e => e.Attribute("Include")!.Value));
            Assert.Empty(Load(project).Descendants("FrameworkReference"));
        }
    }

    [Fact]
    public void Unsafe_code_and_native_imports_live_in_Media_Native_alone()
    {
        foreach (var project in Allowed.Keys.Where(name => name != "Media.Native"))
        {
            Assert.DoesNotContain(Load(project).Descendants("AllowUnsafeBlocks"), e => e.Value == "true");
            foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(Locate(project))!, "*.cs", SearchOption.AllDirectories))
                Assert.DoesNotMatch(@"\[(LibraryImport|DllImport)\(", File.ReadAllText(file));
        }
    }

    private static XDocument Load(string project) => XDocument.Load(Locate(project));

    private static string Locate(string project) =>
        ProductFolders.SelectMany(
            folder => Directory.EnumerateFiles(Repository.File(folder), project + ".csproj", SearchOption.AllDirectories)).Single();
}
